//! What a process takes, read from the kernel.

use std::path::Path;

use anyhow::{Context, Result};
use procfs::WithCurrentSystemInfo;
use procfs::process::Process;

/// What a process has taken so far, and holds now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Seconds of CPU, in user mode and in the kernel.
    pub(crate) cpu: f64,
    /// Bytes of memory that are private to the process or mapped and in use.
    pub(crate) resident: u64,
    /// Of those, bytes that no file stands behind: what the machine cannot take back.
    pub(crate) anonymous: u64,
    /// The most bytes that were ever resident.
    pub(crate) peak: u64,
    /// Bytes sent to the disk.
    pub(crate) written: u64,
}

/// Reads a process' usage.
pub(crate) fn usage(id: u32) -> Result<Usage> {
    let process = Process::new(i32::try_from(id)?).with_context(|| format!("process {id}"))?;
    let stat = process.stat()?;
    let status = process.status()?;
    let bytes = |kib: Option<u64>| kib.unwrap_or_default() * 1024;
    Ok(Usage {
        cpu: (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64,
        resident: stat.rss_bytes().get(),
        anonymous: bytes(status.rssanon),
        peak: bytes(status.vmhwm),
        written: process.io()?.write_bytes,
    })
}

/// Bytes of all files below a folder.
pub(crate) fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => bytes_below(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}
