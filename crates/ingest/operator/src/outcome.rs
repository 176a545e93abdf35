//! What objects are turned into.

use std::collections::BTreeMap;

use config::ScrapeConfig;
use contract::Gather;
use model::{Family, FamilyKind};
use parking_lot::Mutex;
use serde_json::Value;

/// How an object is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectState {
    /// Its kind, such as `ServiceMonitor`.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Why it is left out; `None` where it is in force.
    pub problem: Option<String>,
}

/// What all selected objects are turned into.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Sections, in the order of their objects' names.
    pub scrape_configs: Vec<ScrapeConfig>,
    /// Texts of rule files by name.
    pub rule_files: BTreeMap<String, String>,
    /// What goes into Alertmanager's configuration: `route.routes`, `receivers`, `inhibit_rules`
    /// and `mute_time_intervals`; `None` where no object says anything.
    pub alertmanager: Option<Value>,
    /// All selected objects, by kind, namespace and name.
    pub states: Vec<ObjectState>,
}

/// Counts of objects, for metrics.
#[derive(Default)]
pub(crate) struct States(pub(crate) Mutex<Vec<ObjectState>>);

impl Gather for States {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn gather(&self, families: &mut Vec<Family>) {
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for kind in crate::objects::Kind::ALL {
            for state in ["rejected", "selected"] {
                counts.insert((kind.name(), state), 0);
            }
        }
        let states = self.0.lock();
        for state in states.iter() {
            let word = match state.problem {
                Some(_) => "rejected",
                None => "selected",
            };
            *counts.entry((state.kind, word)).or_default() += 1;
        }
        let mut family = Family::new(
            "argand_operator_objects",
            "Objects of Prometheus Operator that are in force, or left out because they are wrong.",
            FamilyKind::Gauge,
        );
        for ((kind, state), count) in counts {
            family.push([("kind", kind), ("state", state)], count as f64);
        }
        families.push(family);
    }
}
