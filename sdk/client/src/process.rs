//! The figures of the process itself, under the names that all client libraries use.
//!
//! They are read from `/proc` when somebody asks for the metrics, and never in between. What
//! cannot be read is left out. Absent on systems other than Linux.

use std::fmt;
use std::sync::OnceLock;

use procfs::process::{LimitValue, Process};
use procfs::{CurrentSI as _, WithCurrentSystemInfo as _};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;

use crate::figure::Figure;
use crate::{Error, Registry};

/// All names.
const NAMES: [&str; 8] = [
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_virtual_memory_bytes",
    "process_virtual_memory_max_bytes",
    "process_open_fds",
    "process_max_fds",
    "process_start_time_seconds",
    "process_threads",
];

/// Adds the metrics of this process: processor time, memory, file descriptors, threads, start.
///
/// # Errors
/// [`Error::Taken`] when they are there already.
///
/// ```
/// # #[cfg(target_os = "linux")] {
/// use argand_client::{Format, Registry, process};
/// let registry = Registry::new();
/// process::register(&registry)?;
/// assert!(registry.text(Format::Text).contains("\nprocess_resident_memory_bytes "));
/// # }
/// # Ok::<(), argand_client::Error>(())
/// ```
pub fn register(registry: &Registry) -> Result<(), Error> {
    registry.collect(&NAMES, ProcessCollector::default())
}

/// Reads `/proc/self` when it is asked.
#[derive(Debug, Default)]
struct ProcessCollector {
    /// Seconds since 1970; does not change.
    start: OnceLock<f64>,
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Ok(process) = Process::myself() else {
            return Ok(());
        };
        self.stat(&process, &mut encoder)?;
        limits(&process, &mut encoder)
    }
}

impl ProcessCollector {
    /// Processor time, memory, threads and start.
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures of the format are 64-bit floats"
    )]
    fn stat(&self, process: &Process, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Ok(stat) = process.stat() else {
            return Ok(());
        };
        let ticks = procfs::ticks_per_second() as f64;
        let seconds = Unit::Other("seconds".to_owned());
        let bytes = Unit::Other("bytes".to_owned());
        Figure {
            name: "process_cpu",
            help: "Processor time used, in user and system mode.",
            unit: Some(&seconds),
            value: (stat.utime + stat.stime) as f64 / ticks,
        }
        .counter(encoder)?;
        Figure {
            name: "process_resident_memory",
            help: "Memory that is in RAM.",
            unit: Some(&bytes),
            value: stat.rss_bytes().get() as f64,
        }
        .gauge(encoder)?;
        Figure {
            name: "process_virtual_memory",
            help: "Memory that is mapped.",
            unit: Some(&bytes),
            value: stat.vsize as f64,
        }
        .gauge(encoder)?;
        Figure {
            name: "process_threads",
            help: "Threads of the process.",
            unit: None,
            value: stat.num_threads as f64,
        }
        .gauge(encoder)?;
        let Some(start) = self.start(stat.starttime as f64 / ticks) else {
            return Ok(());
        };
        Figure {
            name: "process_start_time",
            help: "When the process was started, in seconds since 1970.",
            unit: Some(&seconds),
            value: start,
        }
        .gauge(encoder)
    }

    /// The start, from seconds after the boot.
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures of the format are 64-bit floats"
    )]
    fn start(&self, after_boot: f64) -> Option<f64> {
        if let Some(start) = self.start.get() {
            return Some(*start);
        }
        let boot = procfs::KernelStats::current().ok()?.btime;
        Some(*self.start.get_or_init(|| boot as f64 + after_boot))
    }
}

/// File descriptors, and the limits of both.
#[expect(
    clippy::cast_precision_loss,
    reason = "figures of the format are 64-bit floats"
)]
fn limits(process: &Process, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    if let Ok(open) = process.fd_count() {
        Figure {
            name: "process_open_fds",
            help: "File descriptors that are open.",
            unit: None,
            value: open as f64,
        }
        .gauge(encoder)?;
    }
    let Ok(limits) = process.limits() else {
        return Ok(());
    };
    // The value of the other libraries for what has no limit.
    let number = |limit: LimitValue| match limit {
        LimitValue::Value(value) => value as f64,
        LimitValue::Unlimited => u64::MAX as f64,
    };
    Figure {
        name: "process_max_fds",
        help: "File descriptors that may be open.",
        unit: None,
        value: number(limits.max_open_files.soft_limit),
    }
    .gauge(encoder)?;
    Figure {
        name: "process_virtual_memory_max",
        help: "Memory that may be mapped.",
        unit: Some(&Unit::Other("bytes".to_owned())),
        value: number(limits.max_address_space.soft_limit),
    }
    .gauge(encoder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;

    #[test]
    fn every_figure_is_there_and_above_nought() {
        let registry = Registry::new();
        register(&registry).unwrap();
        let text = registry.text(Format::Text);
        for name in NAMES {
            let line = text
                .lines()
                .find(|line| line.starts_with(&format!("{name} ")));
            let value: f64 = line.unwrap().rsplit_once(' ').unwrap().1.parse().unwrap();
            assert!(value > 0.0 || name == "process_cpu_seconds_total", "{name}");
        }
        let families = text
            .lines()
            .filter(|line| line.starts_with("# TYPE "))
            .count();
        assert_eq!(families, NAMES.len());
        assert!(matches!(register(&registry), Err(Error::Taken { .. })));
    }
}
