//! This process: CPU, memory and open files, under the names every client library uses.

use contract::Gather;
use model::Family;
use procfs::process::{LimitValue, Process};

/// Says how much of the machine this process takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessExporter;

impl Gather for ProcessExporter {
    fn gather(&self, families: &mut Vec<Family>) {
        let Ok(process) = Process::myself() else {
            return;
        };
        let ticks = procfs::ticks_per_second().max(1) as f64;
        if let Ok(stat) = process.stat() {
            let seconds = (stat.utime + stat.stime) as f64 / ticks;
            let resident = stat.rss.saturating_mul(procfs::page_size());
            families.extend([
                Family::counter(
                    "process_cpu_seconds_total",
                    "Total user and system CPU time spent in seconds.",
                    seconds,
                ),
                Family::gauge(
                    "process_resident_memory_bytes",
                    "Resident memory size in bytes.",
                    resident as f64,
                ),
                Family::gauge(
                    "process_virtual_memory_bytes",
                    "Virtual memory size in bytes.",
                    stat.vsize as f64,
                ),
            ]);
            if let Ok(boot) = procfs::boot_time_secs() {
                families.push(Family::gauge(
                    "process_start_time_seconds",
                    "Start time of the process since unix epoch in seconds.",
                    boot as f64 + stat.starttime as f64 / ticks,
                ));
            }
        }
        if let Ok(open) = process.fd_count() {
            families.push(Family::gauge(
                "process_open_fds",
                "Number of open file descriptors.",
                open as f64,
            ));
        }
        if let Ok(limits) = process.limits() {
            families.extend([
                Family::gauge(
                    "process_max_fds",
                    "Maximum number of open file descriptors.",
                    most(limits.max_open_files.soft_limit),
                ),
                Family::gauge(
                    "process_virtual_memory_max_bytes",
                    "Maximum amount of virtual memory available in bytes.",
                    most(limits.max_address_space.soft_limit),
                ),
            ]);
        }
    }
}

/// A limit; where there is none, the largest number that a limit can be.
fn most(limit: LimitValue) -> f64 {
    match limit {
        LimitValue::Value(limit) => limit as f64,
        LimitValue::Unlimited => u64::MAX as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_takes_memory() {
        let mut families = Vec::new();
        ProcessExporter.gather(&mut families);
        let names: Vec<&str> = families.iter().map(|family| family.name.as_str()).collect();
        assert!(
            names.contains(&"process_resident_memory_bytes"),
            "{names:?}"
        );
        assert!(names.contains(&"process_start_time_seconds"), "{names:?}");
    }
}
