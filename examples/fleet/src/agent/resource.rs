//! The resource agent: fills machines and adds or removes them.

use argand_client::{Counter, Error, Family, Gauge, Registry, counter, gauge};

use super::Speciality;
use crate::Chance;

/// What it does: the first, and the others.
const TYPES: (&str, &[&str]) = ("scale_up", &["scale_down", "consolidate"]);

/// The GPUs of the fleet's imaginary machines.
const GPUS: [&str; 4] = ["0", "1", "2", "3"];

/// Resource's metrics.
pub(super) struct Resource {
    gpus: [Gauge; 4],
    scaling: Family<Counter, 1>,
    consolidation: Gauge,
}

impl Resource {
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let gpus: Family<Gauge, 1> = gauge!(
            registry,
            "gpu_utilization",
            "Share of the time in which a GPU was busy, 0 to 1",
            ["gpu_id"]
        )?;
        let resource = Self {
            gpus: GPUS.map(|id| gpus.with([id])),
            scaling: counter!(
                registry,
                "scaling_events_total",
                "Machines added or removed",
                ["direction"]
            )?,
            consolidation: gauge!(
                registry,
                "resource_consolidation_ratio",
                "Share of the machines' room that is in use"
            )?,
        };
        for gpu in &resource.gpus {
            gpu.set(0.6);
        }
        for direction in ["up", "down"] {
            let _ = resource.scaling.with([direction]);
        }
        resource.consolidation.set(0.65);
        Ok(resource)
    }
}

impl Speciality for Resource {
    fn types(&self) -> (&'static str, &'static [&'static str]) {
        TYPES
    }

    fn optimised(&self, kind: &str, chance: &mut Chance) {
        match kind {
            "scale_up" => self.scaling.with(["up"]).inc(),
            "scale_down" => self.scaling.with(["down"]).inc(),
            _ => chance.wander(&self.consolidation, 0.05, 0.4, 0.9),
        }
    }

    fn drift(&self, chance: &mut Chance) {
        for gpu in &self.gpus {
            chance.wander(gpu, 0.06, 0.05, 1.0);
        }
    }
}
