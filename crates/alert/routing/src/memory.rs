//! What integrations have to remember of a group's message, such as where the message is that the
//! next one replaces: kept in the log, so that a restart or a new configuration forgets nothing.
//!
//! Other nodes of a cluster are told of it at once, so that whoever tells the group next can use it;
//! a node that is away at that moment begins anew.
//!
//! An integration's memory of a group lasts as long as the notification log knows that it was told.

use std::collections::HashMap;

use contract::Notify;

use crate::notification_log::{NotificationLog, Target};
use crate::plan::Plan;
use crate::record::Record;
use crate::state::State;

/// Bytes of one memory; a longer one is not kept.
const MAX_BYTES: usize = 4 << 10;

/// What is remembered, by who was told of what.
#[derive(Default)]
pub(crate) struct Memories(HashMap<Target, String>);

impl Memories {
    /// Takes one from the log.
    pub(crate) fn restore(&mut self, target: Target, memory: String) {
        self.0.insert(target, memory);
    }

    /// Forgets what was remembered of groups that nobody knows to be told of any more.
    pub(crate) fn collect(&mut self, log: &NotificationLog) {
        self.0.retain(|target, _| log.last_of(target).is_some());
    }

    /// All of them as records, for a checkpoint.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record> {
        let all = self.0.iter();
        all.map(|(target, memory)| Record::Memory(target.clone(), memory.clone()))
    }

    /// Gives each integration of a configuration what it had to remember.
    pub(crate) fn recall(&self, plan: &Plan) {
        for (target, memory) in &self.0 {
            recall_one(plan, target, memory);
        }
    }
}

/// Gives an integration what it has to remember, where the configuration has it.
fn recall_one(plan: &Plan, target: &Target, memory: &str) {
    let mut all = plan.receivers.get(&target.receiver).into_iter().flatten();
    let same = |integration: &&std::sync::Arc<dyn Notify>| {
        integration.kind() == target.kind && integration.index() as u64 == target.index
    };
    if let Some(integration) = all.find(same) {
        integration.recall(&target.group_key, memory);
    }
}

impl State {
    /// Keeps what an integration has to remember of a group that it was told of.
    pub(crate) fn keep_memory(&mut self, target: &Target, integration: &dyn Notify) {
        let memory = integration.memory(&target.group_key);
        let Some(memory) = memory.filter(|memory| memory.len() <= MAX_BYTES) else {
            return;
        };
        if self.memories.0.get(target) != Some(&memory) {
            let records = [Record::Memory(target.clone(), memory.clone())];
            self.keep(&records);
            self.tell(&records);
            self.memories.0.insert(target.clone(), memory);
        }
    }

    /// Takes what an integration of another node has to remember of a group that it was told of.
    pub(crate) fn take_memory(&mut self, target: &Target, memory: &str) {
        if memory.len() > MAX_BYTES || self.told.last_of(target).is_none() {
            return;
        }
        self.keep(&[Record::Memory(target.clone(), memory.to_owned())]);
        recall_one(&self.plan, target, memory);
        self.memories.0.insert(target.clone(), memory.to_owned());
    }
}
