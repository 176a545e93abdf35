//! The machine: what node_exporter tells, under its names.
//!
//! A collector reads one subject from the kernel. One that fails does not stop the others:
//! `node_scrape_collector_success` says which did.

mod cpu;
mod disk;
mod filesystem;
mod kernel;
mod memory;
mod network;
mod pressure;
mod processes;
mod sockets;
mod system;
mod text;

use std::time::Instant;

use contract::Gather;
use model::{Family, FamilyKind};

/// Why a collector could not answer.
type Failure = Box<dyn std::error::Error + Send + Sync>;

type Collect = fn(&mut Vec<Family>) -> Result<(), Failure>;

/// The collectors by the names node_exporter gives them.
const COLLECTORS: &[(&str, Collect)] = &[
    ("arp", network::arp),
    ("conntrack", sockets::conntrack),
    ("cpu", cpu::collect),
    ("diskstats", disk::collect),
    ("entropy", kernel::entropy),
    ("filefd", kernel::file_descriptors),
    ("filesystem", filesystem::collect),
    ("loadavg", kernel::load),
    ("meminfo", memory::collect),
    ("netclass", network::classes),
    ("netdev", network::devices),
    ("netstat", sockets::netstat),
    ("os", system::os),
    ("pressure", pressure::collect),
    ("processes", processes::collect),
    ("sockstat", sockets::sockstat),
    ("softnet", sockets::softnet),
    ("stat", kernel::stat),
    ("time", system::time),
    ("uname", system::uname),
    ("vmstat", kernel::vmstat),
];

/// Says how the machine is doing.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostExporter;

impl Gather for HostExporter {
    fn gather(&self, families: &mut Vec<Family>) {
        let mut duration = Family::new(
            "node_scrape_collector_duration_seconds",
            "How long a collector took, in seconds.",
            FamilyKind::Gauge,
        );
        let mut success = Family::new(
            "node_scrape_collector_success",
            "Whether a collector succeeded.",
            FamilyKind::Gauge,
        );
        for (name, collect) in COLLECTORS {
            let began = Instant::now();
            let outcome = collect(families);
            if let Err(error) = &outcome {
                tracing::debug!(collector = name, %error, "collector failed");
            }
            duration.push([("collector", name)], began.elapsed().as_secs_f64());
            success.push([("collector", name)], f64::from(u8::from(outcome.is_ok())));
        }
        families.extend([duration, success]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_machine_has_a_processor_memory_and_a_disk() {
        let mut families = Vec::new();
        HostExporter.gather(&mut families);
        let with_points: BTreeSet<&str> = families
            .iter()
            .filter(|f| !f.points.is_empty())
            .map(|f| f.name.as_str())
            .collect();
        for name in [
            "node_cpu_seconds_total",
            "node_memory_MemTotal_bytes",
            "node_load1",
            "node_boot_time_seconds",
            "node_procs_running",
            "node_uname_info",
            "node_network_up",
            "node_processes_pids",
        ] {
            assert!(with_points.contains(name), "{name} of {with_points:?}");
        }
    }

    #[test]
    fn no_family_comes_twice() {
        let mut families = Vec::new();
        HostExporter.gather(&mut families);
        let names: BTreeSet<&str> = families.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names.len(), families.len());
    }
}
