//! What the manager shows: its groups, and its metrics.

use contract::{Gather, RuleGroupState, RuleStates};
use model::Family;

use crate::manager::RuleManager;
use crate::metrics::{GroupReport, gather_groups};

impl RuleStates for RuleManager {
    fn groups(&self, with_alerts: bool) -> Vec<RuleGroupState> {
        let groups = self.running();
        groups
            .iter()
            .map(|group| group.shown(with_alerts))
            .collect()
    }
}

impl Gather for RuleManager {
    fn gather(&self, families: &mut Vec<Family>) {
        self.shared().metrics.gather(families);
        let groups = self.running();
        let shown: Vec<RuleGroupState> = groups.iter().map(|group| group.shown(false)).collect();
        let reports: Vec<GroupReport<'_>> = groups
            .iter()
            .zip(&shown)
            .map(|(group, shown)| GroupReport {
                shown,
                metrics: &group.metrics,
            })
            .collect();
        gather_groups(&reports, families);
    }
}
