//! A rehearsal: groups whose turns are taken by hand, for tests of rules.

use std::sync::Arc;

use contract::RuleGroupState;
use tokio_util::sync::CancellationToken;

use crate::error::RulesError;
use crate::group::Group;
use crate::load::{self, RuleSettings};
use crate::manager::{RuleOptions, RuleStages, Shared};
use crate::rule::Carried;
use crate::turns::Turn;

/// Groups of rule files that have a turn whenever somebody says so.
pub struct Rehearsal {
    groups: Vec<Arc<Group>>,
}

impl Rehearsal {
    /// Reads rule files. Alerts have no earlier run that would be looked up.
    pub fn load(
        stages: RuleStages,
        options: RuleOptions,
        settings: RuleSettings,
    ) -> Result<Self, RulesError> {
        let loaded = load::load(settings, stages.query.as_ref())?;
        let shared = Arc::new(Shared::new(stages, options, loaded.settings));
        let groups = loaded.groups.into_iter().map(|group| {
            let carried = |_: &config::RuleConfig| {
                let carried = Carried::default();
                carried.memory.lock().restored = true;
                Arc::new(carried)
            };
            let shared = Arc::clone(&shared);
            let (metrics, progress) = Default::default();
            Arc::new(Group::new(group, shared, metrics, progress, carried))
        });
        Ok(Self {
            groups: groups.collect(),
        })
    }

    /// Puts groups in the order of what `place` answers to their names; those of one place stay as
    /// they are: by file, then as the file has them.
    pub fn order(&mut self, place: impl Fn(&str) -> usize) {
        self.groups.sort_by_key(|group| place(&group.name));
    }

    /// Lets all groups have a turn, one after the other, at a moment in milliseconds since the
    /// epoch. Blocks.
    pub fn turn(&self, at: i64) {
        let never = CancellationToken::new();
        for group in &self.groups {
            group.evaluate(Turn { at, missed: 0 }, &never);
        }
    }

    /// What the groups show, in their order.
    pub fn groups(&self) -> Vec<RuleGroupState> {
        let groups = self.groups.iter();
        groups.map(|group| group.shown(true)).collect()
    }
}
