//! The application agent: watches whether answers stay as good as they were.

use argand_client::{Counter, Error, Family, Gauge, Registry, counter, gauge};

use super::Speciality;
use crate::Chance;

/// What it does: the first, and the others.
const TYPES: (&str, &[&str]) = ("quality_check", &["ab_test"]);

/// What quality is measured by.
const MEASURES: [&str; 3] = ["relevance", "coherence", "safety"];

/// Variants of a test, and what is compared.
const VARIANTS: [&str; 2] = ["control", "treatment"];
const COMPARED: [&str; 2] = ["conversion", "satisfaction"];

/// Quality under which a measure has regressed.
const REGRESSION: f64 = 0.95;

/// Application's metrics.
pub(super) struct Application {
    quality: [Gauge; 3],
    regressions: Counter,
    results: Family<Gauge, 2>,
}

impl Application {
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let quality: Family<Gauge, 1> = gauge!(
            registry,
            "quality_score",
            "Quality of the answers, 0 to 1",
            ["metric_type"]
        )?;
        let application = Self {
            quality: MEASURES.map(|measure| quality.with([measure])),
            regressions: counter!(
                registry,
                "regression_detections_total",
                "Times that a measure of quality fell below its objective"
            )?,
            results: gauge!(
                registry,
                "ab_test_results",
                "What a variant reached in a test, 0 to 1",
                ["variant", "metric"]
            )?,
        };
        for measure in &application.quality {
            measure.set(0.975);
        }
        for variant in VARIANTS {
            for compared in COMPARED {
                application.results.with([variant, compared]).set(0.5);
            }
        }
        Ok(application)
    }
}

impl Speciality for Application {
    fn types(&self) -> (&'static str, &'static [&'static str]) {
        TYPES
    }

    fn optimised(&self, kind: &str, chance: &mut Chance) {
        if kind != "ab_test" {
            return;
        }
        let variant = chance.one_of("control", &["treatment"]);
        for compared in COMPARED {
            let result = self.results.with([variant, compared]);
            chance.wander(&result, 0.05, 0.2, 0.9);
        }
    }

    fn drift(&self, chance: &mut Chance) {
        for measure in &self.quality {
            let before = measure.get();
            chance.wander(measure, 0.004, 0.93, 0.995);
            if before >= REGRESSION && measure.get() < REGRESSION {
                self.regressions.inc();
            }
        }
    }
}
