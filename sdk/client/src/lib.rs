//! What a service adds to expose its metrics, and a batch job to push them.
//!
//! Metrics are made in a [`Registry`], which checks their names; they are counted through cheap
//! handles ([`Counter`], [`Gauge`], [`Histogram`], and a [`Family`] of them where there are
//! labels); and they leave the process as text, at `/metrics` ([`serve`]) or by a push
//! (`batch`).
//!
//! ```
//! use argand_client::{Registry, counter, functions, process, requests::RequestMetrics, serve};
//!
//! let registry = Registry::builder().label("version", "1.2.0").build()?;
//! process::register(&registry)?;
//! functions::install(&registry)?;
//! let requests = RequestMetrics::new(&registry)?;
//! let orders = counter!(registry, "orders_total", "Orders taken", ["kind"])?;
//!
//! let app: axum::Router = axum::Router::new()
//!     .route("/orders/{id}", axum::routing::get(|| async { "an order" }))
//!     .layer(requests.layer())
//!     .merge(serve::axum::router(&registry));
//! orders.with(["book"]).inc();
//! # Ok::<(), argand_client::Error>(())
//! ```
//!
//! Invariants:
//! - What can be wrong about a metric is an [`Error`] when it is made, or stops the build when it
//!   is made by a macro; counting and observing never fail, panic, block or wait.
//! - Series are bounded, whatever values labels are given: see [`Family`].
//! - A gateway that is away costs a batch job a bounded time and nothing else.
//!
//! It stands on the crate `prometheus-client`, and on no crate of the server. What is absent:
//! summaries (quantiles of several processes cannot be put together), timestamps on samples,
//! exemplars of counters (a histogram's say more), and a registry that exists by itself: a program
//! makes one and hands it on.

#[cfg(feature = "push")]
pub mod batch;
mod builder;
mod error;
mod exposition;
mod family;
#[cfg(any(target_os = "linux", feature = "tokio"))]
mod figure;
pub mod functions;
mod macros;
mod metric;
pub mod naming;
#[cfg(target_os = "linux")]
pub mod process;
mod registry;
pub mod requests;
#[cfg(feature = "tokio")]
pub mod runtime;
pub mod serve;
mod table;
mod trace;

pub use argand_client_macros::{track_duration, track_errors};
pub use builder::{Builder, SERIES_LIMIT};
pub use error::Error;
pub use exposition::Format;
pub use family::Family;
pub use functions::ErrorKind;
pub use metric::{
    Counter, Gauge, Held, Histogram, LATENCY_BUCKETS, MAX_BUCKETS, Metric, Settings, Timer,
};
pub use registry::Registry;
pub use table::{MAX_LABEL_VALUE, OTHER};
pub use trace::TraceId;

/// The README's examples, which are run with the other ones.
#[cfg(all(doctest, feature = "push", feature = "axum"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
