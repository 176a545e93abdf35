//! What a process and its children take, read from the kernel.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use procfs::WithCurrentSystemInfo;
use procfs::process::Process;

/// What a process and its children have taken so far, and hold now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Seconds of CPU of all threads, in user mode and in the kernel, those of ended children
    /// included.
    pub(crate) cpu: f64,
    /// Bytes of memory that are private to the process or mapped and in use.
    pub(crate) resident: u64,
    /// Of those, bytes that no file stands behind: what the machine cannot take back.
    pub(crate) anonymous: u64,
    /// The most bytes that were ever resident, or since [`forget_peak`].
    pub(crate) peak: u64,
    /// Bytes sent to the disk (`write_bytes`): what the page cache has to write.
    pub(crate) written: u64,
    /// Bytes given to write calls (`wchar`), sockets included.
    pub(crate) write_calls: u64,
}

/// The process and all that descend from it.
fn family(id: u32) -> Result<Vec<Process>> {
    let root = i32::try_from(id)?;
    let process = Process::new(root).with_context(|| format!("process {id}"))?;
    // Nobody has waited for it yet, so that it is still listed, with nothing in use.
    if process.stat()?.state == 'Z' {
        bail!("process {id} has ended");
    }
    let mut family = vec![process];
    let mut place = 0;
    while let Some(process) = family.get(place) {
        // A task that ends meanwhile has no children any more.
        let tasks = process.tasks()?.filter_map(Result::ok);
        let children: Vec<u32> = tasks
            .filter_map(|task| task.children().ok())
            .flatten()
            .collect();
        let children = children.into_iter().filter_map(|id| i32::try_from(id).ok());
        family.extend(children.filter_map(|id| Process::new(id).ok()));
        place += 1;
    }
    Ok(family)
}

/// Reads what a process and its children take.
pub(crate) fn usage(id: u32) -> Result<Usage> {
    let mut sum = Usage::default();
    for process in family(id)? {
        let stat = process.stat()?;
        let status = process.status()?;
        let io = process.io()?;
        let bytes = |kib: Option<u64>| kib.unwrap_or_default() * 1024;
        let ticks = stat.utime as f64 + stat.stime as f64 + stat.cutime as f64 + stat.cstime as f64;
        sum.cpu += ticks / procfs::ticks_per_second() as f64;
        sum.resident += stat.rss_bytes().get();
        sum.anonymous += bytes(status.rssanon);
        sum.peak += bytes(status.vmhwm);
        sum.written += io.write_bytes;
        sum.write_calls += io.wchar;
    }
    Ok(sum)
}

/// Makes the kernel count the peak of resident memory from now on.
pub(crate) fn forget_peak(id: u32) -> Result<()> {
    for process in family(id)? {
        let file = format!("/proc/{}/clear_refs", process.pid());
        // 5 resets the high-water mark; see proc_pid_clear_refs(5).
        std::fs::write(&file, "5").with_context(|| format!("writing {file}"))?;
    }
    Ok(())
}

/// Milliseconds of CPU of all threads of a process and its children, ended threads included and
/// exact to the nanosecond: ticks of 10 ms are too coarse for one query.
pub(crate) fn cpu_milliseconds(id: u32) -> Result<f64> {
    let mut sum = 0.0;
    for process in family(id)? {
        let clock = nix::time::clock_getcpuclockid(nix::unistd::Pid::from_raw(process.pid()))?;
        let time = clock.now()?;
        sum += time.tv_sec() as f64 * 1e3 + time.tv_nsec() as f64 / 1e6;
    }
    Ok(sum)
}

/// Bytes of disk that all files below a folder take.
pub(crate) fn bytes_below(folder: &Path) -> u64 {
    const BLOCK: u64 = 512;
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let entries = entries.filter_map(Result::ok);
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => bytes_below(&entry.path()),
        Ok(data) => data.blocks() * BLOCK,
        Err(_) => 0,
    });
    sizes.sum()
}

/// Resident bytes over time.
pub(crate) type Trace = Vec<(Duration, u64)>;

/// Reads the resident memory of a process ten times a second in a thread of its own.
pub(crate) struct Tracer {
    ended: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Trace>,
}

impl Tracer {
    /// Begins.
    pub(crate) fn start(id: u32) -> Self {
        const EVERY: Duration = Duration::from_millis(100);
        let ended = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ended);
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut trace = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                if let Ok(resident) = resident(id) {
                    trace.push((began.elapsed(), resident));
                }
                std::thread::sleep(EVERY);
            }
            trace
        });
        Self { ended, thread }
    }

    /// Ends, and answers what was read.
    pub(crate) fn stop(self) -> Trace {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

/// Resident bytes of a process and its children; cheaper than [`usage`].
fn resident(id: u32) -> Result<u64> {
    let family = family(id)?;
    let pages = family.iter().map(|process| process.statm());
    let pages: u64 = pages.filter_map(Result::ok).map(|m| m.resident).sum();
    Ok(pages * procfs::page_size())
}

/// The value in the middle; the upper of two.
pub(crate) fn median<T: PartialOrd + Copy>(values: &[T]) -> Option<T> {
    let mut values = values.to_vec();
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_charged() {
        let mut child = std::process::Command::new("sleep")
            .arg("9")
            .spawn()
            .unwrap();
        let id = i32::try_from(child.id()).unwrap();
        let found = family(std::process::id()).unwrap();
        let found = found.iter().any(|process| process.pid() == id);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found);
    }

    #[test]
    fn threads_that_ended_are_charged() {
        let before = cpu_milliseconds(std::process::id()).unwrap();
        let spent = std::thread::spawn(|| {
            let own = || nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap();
            let mut number = 0u64;
            while own().tv_nsec() < 20_000_000 {
                number = std::hint::black_box(number + 1);
            }
        });
        spent.join().unwrap();
        let after = cpu_milliseconds(std::process::id()).unwrap();
        assert!(after - before >= 20.0, "{before} {after}");
    }

    #[test]
    fn the_middle_of_nothing_is_nothing() {
        assert_eq!(median::<f64>(&[]), None);
        assert_eq!(median(&[3, 1, 2]), Some(2));
        assert_eq!(median(&[4, 1, 2, 3]), Some(3));
    }
}
