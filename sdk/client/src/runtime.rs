//! The figures of a tokio runtime, read when somebody asks for the metrics.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;
use tokio::runtime::Handle;

use crate::figure::Figure;
use crate::{Error, Registry};

/// All names.
const NAMES: [&str; 5] = [
    "tokio_workers",
    "tokio_alive_tasks",
    "tokio_global_queue_length",
    "tokio_worker_busy_seconds_total",
    "tokio_worker_parks_total",
];

/// Adds the metrics of a runtime: workers, tasks, the queue that all workers share, and how long
/// workers were busy. A busy time that grows by more than 0.8 seconds a second and worker says
/// that something blocks, or that there is too little processor.
///
/// # Errors
/// [`Error::Taken`] when a registry has those of a runtime already.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # let _inside = runtime.enter();
/// use argand_client::{Registry, runtime};
/// let registry = Registry::new();
/// runtime::register(&registry, &tokio::runtime::Handle::current())?;
/// # assert!(registry.text(argand_client::Format::Text).contains("tokio_workers 1.0"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn register(registry: &Registry, runtime: &Handle) -> Result<(), Error> {
    registry.collect(&NAMES, RuntimeCollector(runtime.clone()))
}

/// Asks the runtime.
#[derive(Debug)]
struct RuntimeCollector(Handle);

impl Collector for RuntimeCollector {
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures of the format are 64-bit floats"
    )]
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = self.0.metrics();
        let workers = metrics.num_workers();
        let busy = (0..workers).map(|worker| metrics.worker_total_busy_duration(worker));
        let parks = (0..workers).map(|worker| metrics.worker_park_count(worker));
        let gauge = |name, help, value: usize| Figure {
            name,
            help,
            unit: None,
            value: value as f64,
        };
        gauge("tokio_workers", "Threads that run tasks.", workers).gauge(&mut encoder)?;
        gauge(
            "tokio_alive_tasks",
            "Tasks that have not ended.",
            metrics.num_alive_tasks(),
        )
        .gauge(&mut encoder)?;
        gauge(
            "tokio_global_queue_length",
            "Tasks in the queue that all workers share.",
            metrics.global_queue_depth(),
        )
        .gauge(&mut encoder)?;
        Figure {
            name: "tokio_worker_busy",
            help: "Time that workers have run tasks, all together.",
            unit: Some(&Unit::Other("seconds".to_owned())),
            value: busy.map(|time| time.as_secs_f64()).sum(),
        }
        .counter(&mut encoder)?;
        Figure {
            name: "tokio_worker_parks",
            help: "How often workers had nothing to do.",
            unit: None,
            value: parks.sum::<u64>() as f64,
        }
        .counter(&mut encoder)
    }
}
