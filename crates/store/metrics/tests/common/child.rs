//! The test program once more, as a process that is killed in the middle of its work.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

/// What a child says in front of what was acknowledged.
pub(crate) const DONE: &str = "acknowledged ";

/// A running child; killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Runs one of this program's tests, which finds what it needs in the environment.
    pub(crate) fn start(test: &str, environment: &[(&str, &OsStr)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it prints, line by line.
    pub(crate) fn lines(&mut self) -> impl Iterator<Item = String> {
        self.lines.by_ref().map_while(Result::ok)
    }

    /// What stands behind [`DONE`] in its lines.
    pub(crate) fn done(&mut self) -> impl Iterator<Item = String> {
        self.lines()
            .filter_map(|line| Some(line.split_once(DONE)?.1.to_owned()))
    }

    /// Ends it as `kill -9` does; what it printed can still be read.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
