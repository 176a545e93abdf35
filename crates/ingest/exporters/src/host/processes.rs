//! Processes and threads: how many there are and in which state.

use std::collections::BTreeMap;

use model::{Family, FamilyKind};

use super::{Failure, text};

pub(super) fn collect(families: &mut Vec<Family>) -> Result<(), Failure> {
    let mut states: BTreeMap<String, f64> = BTreeMap::new();
    let (mut threads, mut pids) = (0.0, 0.0);
    for process in procfs::process::all_processes()? {
        // A process may end between the listing and the reading.
        let Ok(stat) = process.and_then(|process| process.stat()) else {
            continue;
        };
        pids += 1.0;
        threads += stat.num_threads as f64;
        *states.entry(stat.state.to_string()).or_default() += 1.0;
    }
    families.extend([
        Family::gauge("node_processes_pids", "Number of processes.", pids),
        Family::gauge("node_processes_threads", "Number of threads.", threads),
        text::family(
            "node_processes_state",
            "Number of processes by state.",
            FamilyKind::Gauge,
            states,
            "state",
        ),
        Family::gauge(
            "node_processes_max_processes",
            "Limit of processes.",
            text::read_number("/proc/sys/kernel/pid_max")?,
        ),
        Family::gauge(
            "node_processes_max_threads",
            "Limit of threads.",
            text::read_number("/proc/sys/kernel/threads-max")?,
        ),
    ]);
    Ok(())
}
