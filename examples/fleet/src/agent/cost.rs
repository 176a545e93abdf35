//! The cost agent: recommends cheaper machines and counts what that saves.

use argand_client::{Counter, Error, Family, Gauge, Registry, counter, gauge};

use super::Speciality;
use crate::Chance;

/// What it recommends: the first, and the others.
const TYPES: (&str, &[&str]) = ("spot_migration", &["reserved_instance", "right_sizing"]);

/// Cost's metrics.
pub(super) struct Cost {
    savings: Counter,
    recommendations: Family<Counter, 1>,
    migrations: Gauge,
    coverage: Gauge,
}

impl Cost {
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let cost = Self {
            savings: counter!(registry, "cost_savings_total", "Saved, in US dollars")?,
            recommendations: counter!(
                registry,
                "cost_recommendations_total",
                "Recommendations to save",
                ["type"]
            )?,
            migrations: gauge!(
                registry,
                "spot_migration_success_rate",
                "Share of the moves to spot machines that succeeded, 0 to 1"
            )?,
            coverage: gauge!(
                registry,
                "reserved_instance_coverage",
                "Share of the hours that reservations cover, 0 to 1"
            )?,
        };
        cost.migrations.set(0.93);
        cost.coverage.set(0.68);
        Ok(cost)
    }
}

impl Speciality for Cost {
    fn types(&self) -> (&'static str, &'static [&'static str]) {
        TYPES
    }

    fn optimised(&self, kind: &str, chance: &mut Chance) {
        self.recommendations.with([kind]).inc();
        self.savings.inc_by(chance.between(0.5, 40.0));
    }

    fn drift(&self, chance: &mut Chance) {
        chance.wander(&self.migrations, 0.01, 0.8, 1.0);
        chance.wander(&self.coverage, 0.005, 0.55, 0.85);
    }
}
