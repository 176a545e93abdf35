//! Two programs, the same command line, and what has to be the same.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use argand_tests::{binary, installed};

/// What a tool said and how it ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) errors: String,
    pub(crate) code: Option<i32>,
}

/// What has to be the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Same {
    All,
    /// Errors are worded otherwise: places in files, or what the network says.
    OutAndCode,
    /// Usage and versions are each program's own.
    Code,
}
pub(crate) use Same::{All, Code, OutAndCode};

pub(crate) fn run(program: &Path, folder: &Path, arguments: &[&str], input: &str) -> Said {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A tool that does not read its input may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        out: text(output.stdout),
        errors: text(output.stderr),
        code: output.status.code(),
    }
}

/// The promtool to compare with.
fn promtool() -> Option<PathBuf> {
    match std::env::var_os("ARGAND_PROMETHEUS_NEXT") {
        Some(folder) => Some(PathBuf::from(folder).join("promtool")),
        None => installed("promtool"),
    }
}

pub(crate) struct Pair {
    pub(crate) theirs: PathBuf,
    /// Whether it is of 2.x, which words errors otherwise.
    pub(crate) is_old: bool,
    /// Whether it is of those that Argand follows in everything.
    pub(crate) is_new: bool,
    pub(crate) ours: PathBuf,
    pub(crate) folder: tempfile::TempDir,
}

impl Pair {
    pub(crate) fn new() -> Option<Self> {
        let theirs = promtool()?;
        let asked = |arguments: &[&str]| {
            let said = run(&theirs, Path::new("/"), arguments, "");
            said.out + &said.errors
        };
        Some(Self {
            is_old: asked(&["--version"]).contains("version 2."),
            is_new: asked(&["check", "metrics", "--help"]).contains("--lint"),
            theirs,
            ours: binary().unwrap(),
            folder: tempfile::tempdir().unwrap(),
        })
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn check(&self, same: Same, arguments: &[&str], input: &str) {
        let same = match same {
            All if self.is_old => OutAndCode,
            same => same,
        };
        let folder = self.folder.path();
        let mut theirs = run(&self.theirs, folder, arguments, input);
        let mut ours = run(&self.ours, folder, arguments, input);
        for said in [&mut theirs, &mut ours] {
            if same != All {
                said.errors.clear();
            }
            if same == Code {
                said.out.clear();
            }
        }
        assert_eq!(ours, theirs, "{arguments:?} {input}");
    }
}
