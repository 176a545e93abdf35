//! What this machine, and later its databases, tell of themselves, as metric families.
//!
//! Each exporter is a [`contract::Gather`]: asked, it reads the present state and says it under
//! the names, types and labels of the exporter people know, so that their dashboards and alerts
//! work. Scraping reaches them like any other target.
//!
//! What is absent: schedules, storage and HTTP.

mod host;
mod process;

pub use host::HostExporter;
pub use process::ProcessExporter;
