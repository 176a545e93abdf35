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
        if let Some((received, sent)) = network() {
            families.extend([
                Family::counter(
                    "process_network_receive_bytes_total",
                    "Number of bytes received by the process' network namespace.",
                    received,
                ),
                Family::counter(
                    "process_network_transmit_bytes_total",
                    "Number of bytes sent by the process' network namespace.",
                    sent,
                ),
            ]);
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

/// Bytes received and sent, as `/proc/self/net/netstat` has them.
fn network() -> Option<(f64, f64)> {
    octets(&std::fs::read_to_string("/proc/self/net/netstat").ok()?)
}

/// `InOctets` and `OutOctets`: names stand in one line that begins with `IpExt:`, their values in
/// the next.
fn octets(text: &str) -> Option<(f64, f64)> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("IpExt:"));
    let (names, values) = (lines.next()?, lines.next()?);
    let value = |wanted: &str| -> Option<f64> {
        let place = names.split_whitespace().position(|name| name == wanted)?;
        values.split_whitespace().nth(place)?.parse().ok()
    };
    Some((value("InOctets")?, value("OutOctets")?))
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
    fn octets_stand_below_their_names() {
        let text = "TcpExt: A B\nTcpExt: 1 2\nIpExt: InNoRoutes InOctets OutOctets\nIpExt: 0 7 9\n";
        assert_eq!(octets(text), Some((7.0, 9.0)));
        assert_eq!(octets("IpExt: InOctets\n"), None);
    }

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
