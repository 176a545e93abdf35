//! The performance agent: makes models answer faster.

use argand_client::{Error, Gauge, Registry, gauge};

use super::Speciality;
use crate::Chance;

/// What it changes: the first, and the others.
const TYPES: (&str, &[&str]) = ("kv_cache", &["quantization", "batching"]);

/// Performance's metrics.
pub(super) struct Performance {
    latency: Gauge,
    throughput: Gauge,
    cache: Gauge,
    quantization: Gauge,
}

impl Performance {
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let performance = Self {
            latency: gauge!(
                registry,
                "latency_improvement_ratio",
                "Latency now as a share of what it was before"
            )?,
            throughput: gauge!(
                registry,
                "throughput_qps",
                "Queries a second that the models answer"
            )?,
            cache: gauge!(
                registry,
                "kv_cache_hit_rate",
                "Share of the keys that the key-value cache has, 0 to 1"
            )?,
            quantization: gauge!(
                registry,
                "quantization_speedup",
                "How many times as fast quantised models are"
            )?,
        };
        performance.latency.set(0.82);
        performance.throughput.set(140.0);
        performance.cache.set(0.7);
        performance.quantization.set(1.6);
        Ok(performance)
    }
}

impl Speciality for Performance {
    fn types(&self) -> (&'static str, &'static [&'static str]) {
        TYPES
    }

    fn optimised(&self, kind: &str, chance: &mut Chance) {
        match kind {
            "quantization" => chance.wander(&self.quantization, 0.1, 1.2, 2.4),
            "batching" => chance.wander(&self.throughput, 15.0, 80.0, 260.0),
            _ => chance.wander(&self.cache, 0.05, 0.4, 0.95),
        }
    }

    fn drift(&self, chance: &mut Chance) {
        chance.wander(&self.latency, 0.01, 0.6, 1.05);
        chance.wander(&self.throughput, 3.0, 80.0, 260.0);
        chance.wander(&self.cache, 0.01, 0.4, 0.95);
    }
}
