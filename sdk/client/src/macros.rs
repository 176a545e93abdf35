//! `counter!`, `gauge!` and `histogram!`: metrics whose names are checked when the program is
//! built.

/// A counter, or with labels a family of counters, whose name is checked when the program is
/// built.
///
/// ```
/// use argand_client::{Registry, counter};
/// let registry = Registry::new();
/// let orders = counter!(registry, "orders_total", "Orders taken")?;
/// let errors = counter!(registry, "order_errors_total", "Orders that failed", ["kind"])?;
/// orders.inc();
/// errors.with(["payment"]).inc();
/// # Ok::<(), argand_client::Error>(())
/// ```
///
/// A name without `_total` does not build:
///
/// ```compile_fail,E0080
/// let registry = argand_client::Registry::new();
/// let orders = argand_client::counter!(registry, "orders", "Orders taken");
/// ```
///
/// Nor does a label in capital letters:
///
/// ```compile_fail,E0080
/// let registry = argand_client::Registry::new();
/// let orders = argand_client::counter!(registry, "orders_total", "Orders taken", ["Kind"]);
/// ```
#[macro_export]
macro_rules! counter {
    ($registry:expr, $name:literal, $help:literal $(,)?) => {{
        const { $crate::naming::demand($name, $crate::naming::Kind::Counter) };
        $registry.counter($name, $help)
    }};
    ($registry:expr, $name:literal, $help:literal, [$($label:literal),+ $(,)?] $(,)?) => {{
        const { $crate::naming::demand($name, $crate::naming::Kind::Counter) };
        $(const { $crate::naming::demand_label($label) };)+
        $registry.counter_family($name, $help, [$($label),+])
    }};
}

/// A gauge, or with labels a family of gauges, whose name is checked when the program is built.
///
/// ```
/// use argand_client::{Registry, gauge};
/// let registry = Registry::new();
/// gauge!(registry, "queue_length", "Orders that wait")?.set(3.0);
/// gauge!(registry, "disk_free_bytes", "Room left", ["disk"])?.with(["sda"]).set(1e9);
/// # Ok::<(), argand_client::Error>(())
/// ```
///
/// A unit that is no base unit does not build:
///
/// ```compile_fail,E0080
/// let registry = argand_client::Registry::new();
/// let free = argand_client::gauge!(registry, "disk_free_megabytes", "Room left");
/// ```
#[macro_export]
macro_rules! gauge {
    ($registry:expr, $name:literal, $help:literal $(,)?) => {{
        const { $crate::naming::demand($name, $crate::naming::Kind::Gauge) };
        $registry.gauge($name, $help)
    }};
    ($registry:expr, $name:literal, $help:literal, [$($label:literal),+ $(,)?] $(,)?) => {{
        const { $crate::naming::demand($name, $crate::naming::Kind::Gauge) };
        $(const { $crate::naming::demand_label($label) };)+
        $registry.gauge_family($name, $help, [$($label),+])
    }};
}

/// A histogram, or with labels a family of histograms, whose name is checked when the program is
/// built. Without upper bounds it has those for latencies,
/// [`LATENCY_BUCKETS`](crate::LATENCY_BUCKETS).
///
/// ```
/// use argand_client::{Registry, histogram};
/// let registry = Registry::new();
/// histogram!(registry, "order_duration_seconds", "Time to take an order")?.observe(0.2);
/// let size = histogram!(registry, "order_size_bytes", "Size", ["kind"], &[1e3, 1e6])?;
/// size.with(["book"]).observe(512.0);
/// # Ok::<(), argand_client::Error>(())
/// ```
///
/// ```compile_fail,E0080
/// let registry = argand_client::Registry::new();
/// let wait = argand_client::histogram!(registry, "wait_ms", "Time to wait");
/// ```
#[macro_export]
macro_rules! histogram {
    ($registry:expr, $name:literal, $help:literal $(,)?) => {
        $crate::histogram!($registry, $name, $help, [], &$crate::LATENCY_BUCKETS)
    };
    ($registry:expr, $name:literal, $help:literal, [$($label:literal),+ $(,)?] $(,)?) => {
        $crate::histogram!($registry, $name, $help, [$($label),+], &$crate::LATENCY_BUCKETS)
    };
    ($registry:expr, $name:literal, $help:literal, [], $buckets:expr $(,)?) => {{
        const { $crate::naming::demand($name, $crate::naming::Kind::Histogram) };
        $registry.histogram_with($name, $help, $buckets)
    }};
    ($registry:expr, $name:literal, $help:literal, [$($label:literal),+ $(,)?], $buckets:expr $(,)?) => {{
        const { $crate::naming::demand($name, $crate::naming::Kind::Histogram) };
        $(const { $crate::naming::demand_label($label) };)+
        $registry.histogram_family($name, $help, [$($label),+], $buckets)
    }};
}
