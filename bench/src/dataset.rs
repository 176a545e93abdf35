//! The data that queries are asked of: the same samples in every server's folder.
//!
//! Two tiers of targets: a few `deep` ones with a sample every 15 seconds over all hours, and many
//! `wide` ones with such samples at the end only. Prometheus and VictoriaMetrics take them by
//! remote write; Argand opens a copy of Prometheus' folder, which is its own format.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::exposition::Page;
use crate::hold::now;
use crate::load::{EMPTY, flags};
use crate::remote_write::{self, Writer};
use crate::servers::{Kind, Program, Server};

/// How much data there is.
#[derive(Args, Clone)]
pub(crate) struct Size {
    /// Targets with samples over all hours.
    #[arg(long, default_value_t = 8)]
    deep: usize,
    /// Targets with samples at the end only.
    #[arg(long, default_value_t = 992)]
    wide: usize,
    /// Series of each target.
    #[arg(long, default_value_t = 577)]
    series: usize,
    /// Hours that the data spans.
    #[arg(long, default_value_t = 36)]
    hours: i64,
    /// Samples of each series of the wide targets.
    #[arg(long, default_value_t = 75)]
    wide_samples: i64,
}

/// The data, and where it ends in seconds since 1970.
pub(crate) struct Dataset {
    pub(crate) folder: PathBuf,
    pub(crate) end: f64,
    pub(crate) samples: u64,
    pub(crate) series: usize,
}

/// Between two samples of a series, in seconds.
const STEP: i64 = 15;
/// Samples a request while the data is made.
const BATCH: usize = 10_000;
/// What counts as rest once all was written: longer than the minute between two of Prometheus'
/// looks for something to compact, where there is enough to compact.
const QUIET: Duration = Duration::from_secs(65);
/// The same where the head is not long enough to be cut.
const SHORT_QUIET: Duration = Duration::from_secs(5);
/// Hours of samples that make Prometheus cut its head.
const CUT_HOURS: i64 = 3;
/// Says what the folder holds; written last.
const NOTE: &str = "dataset.json";

impl Dataset {
    /// Opens the data of a folder, or makes it there.
    pub(crate) fn open_or_make(folder: &Path, size: &Size, programs: &[Program]) -> Result<Self> {
        if let Ok(note) = std::fs::read(folder.join(NOTE)) {
            let note: Value = serde_json::from_slice(&note)?;
            return Self::from_note(folder, &note).context("dataset.json says too little");
        }
        std::fs::create_dir_all(folder)?;
        let prometheus = programs.iter().find(|p| p.kind == Kind::Prometheus);
        let Some(prometheus) = prometheus else {
            bail!("Prometheus is needed once, to make the data that Argand opens");
        };
        // On the grid, and so that nothing lies in the future.
        let end = (now() as i64 / STEP - 1) * STEP;
        let samples = size.fill(prometheus, folder, end)?;
        let argand = place(folder, Kind::Argand).join("data");
        copy(&place(folder, Kind::Prometheus).join("data"), &argand)?;
        for program in programs {
            if program.kind == Kind::VictoriaMetrics {
                let written = size.fill(program, folder, end)?;
                if written != samples {
                    bail!(
                        "{written} samples were written to {}, not {samples}",
                        program.kind
                    );
                }
            }
        }
        let series = (size.deep + size.wide) * size.series;
        let note = json!({ "end": end, "samples": samples, "series": series });
        std::fs::write(folder.join(NOTE), note.to_string())?;
        Self::from_note(folder, &note).context("what was written is not read")
    }

    fn from_note(folder: &Path, note: &Value) -> Option<Self> {
        Some(Self {
            folder: folder.to_owned(),
            end: note.get("end")?.as_f64()?,
            samples: note.get("samples")?.as_u64()?,
            series: usize::try_from(note.get("series")?.as_u64()?).ok()?,
        })
    }

    /// Starts a program on its copy of the data.
    pub(crate) fn serve(&self, program: &Program) -> Result<Server> {
        let place = place(&self.folder, program.kind);
        if !place.join("data").is_dir() {
            bail!(
                "{} holds no data of {}",
                self.folder.display(),
                program.kind
            );
        }
        Server::start(program, &place, EMPTY, &[])
    }
}

fn place(folder: &Path, kind: Kind) -> PathBuf {
    folder.join(kind.to_string())
}

impl Size {
    /// Writes all samples to one program and ends it; answers how many.
    fn fill(&self, program: &Program, folder: &Path, end: i64) -> Result<u64> {
        let page = Page::new(self.series);
        let series = remote_write::encode(&page);
        let flags = flags(program.kind);
        let mut server = Server::start(program, &place(folder, program.kind), EMPTY, &flags)?;
        let mut writer = Writer::new(&server.url, &page, &series, BATCH);
        let rounds = self.hours * 3600 / STEP;
        for round in 0..rounds {
            let seconds = ((round + 1) * STEP) as f64;
            let time = (end - (rounds - 1 - round) * STEP) * 1000;
            for target in 0..self.deep {
                writer.write(target, "deep", seconds, time)?;
            }
            if rounds - round <= self.wide_samples {
                for target in self.deep..self.deep + self.wide {
                    writer.write(target, "wide", seconds, time)?;
                }
            }
            writer.flush()?;
            if round % (rounds / 20).max(1) == 0 {
                eprintln!("{}: round {round} of {rounds} written", program.kind);
            }
        }
        eprintln!("{}: waiting until it has merged", program.kind);
        server.merge(if self.hours > CUT_HOURS {
            QUIET
        } else {
            SHORT_QUIET
        })?;
        if program.kind == Kind::Prometheus {
            // What it does at an orderly end, such as a snapshot, would not be what is compared.
            server.kill()?;
        } else {
            server.stop()?;
        }
        Ok(writer.sent)
    }
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)
                .with_context(|| format!("copying to {}", target.display()))?;
        }
    }
    Ok(())
}
