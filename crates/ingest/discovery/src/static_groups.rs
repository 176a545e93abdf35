//! `static_configs`: targets written in the configuration itself.

use std::sync::Arc;

use config::StaticGroup;
use contract::TargetGroup;
use model::Labels;

use crate::mechanism::{Mechanism, Publisher, Running};

/// The label that holds a target's `host:port`.
pub(crate) const ADDRESS: &str = "__address__";

/// Answers once; a change comes as a new configuration.
pub(crate) struct StaticMechanism(pub(crate) Vec<StaticGroup>);

impl Mechanism for StaticMechanism {
    fn run(self: Box<Self>, publisher: Publisher) -> Running {
        Box::pin(async move {
            let groups = self.0.iter().enumerate().map(|(index, group)| {
                Arc::new(TargetGroup {
                    source: index.to_string(),
                    labels: group.labels.clone(),
                    targets: addresses(&group.targets),
                })
            });
            publisher.replace(groups.collect());
        })
    }
}

/// Each address as the labels of a target.
pub(crate) fn addresses(targets: &[String]) -> Vec<Labels> {
    let labels = |target| Labels::from_pairs([(ADDRESS, target)]);
    targets.iter().map(labels).collect()
}
