//! What the program as a whole says of itself.

use std::sync::Arc;

use api::Runtime;
use contract::Gather;
use model::{Family, FamilyKind};

/// Version and state of the configuration.
pub(crate) struct OwnState(pub(crate) Arc<Runtime>);

impl Gather for OwnState {
    fn gather(&self, families: &mut Vec<Family>) {
        let build = Family::new(
            "prometheus_build_info",
            "What was built; the value is 1.",
            FamilyKind::Gauge,
        );
        let (loaded, time) = (self.0.reload_ok(), self.0.config_time());
        families.extend([
            build.with([("version", self.0.version)], 1.0),
            Family::gauge(
                "prometheus_config_last_reload_successful",
                "Whether the last configuration reload attempt was successful.",
                f64::from(u8::from(loaded)),
            ),
            Family::gauge(
                "prometheus_config_last_reload_success_timestamp_seconds",
                "Timestamp of the last successful configuration reload.",
                time as f64 / 1000.0,
            ),
            Family::gauge(
                "prometheus_ready",
                "Whether startup was fully completed and the server is ready for normal operation.",
                1.0,
            ),
        ]);
    }
}
