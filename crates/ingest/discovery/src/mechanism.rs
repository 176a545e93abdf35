//! What every way of finding targets promises.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use contract::TargetGroup;

use crate::state::{MechanismId, Shared};

/// A mechanism's work: it ends when it has nothing more to watch, and is dropped at any moment
/// when its configuration goes.
pub type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One way of finding targets.
pub trait Mechanism: Send {
    /// Watches for targets. Must publish promptly once, also where it finds nothing, for its job
    /// waits for that; and again with everything it knows each time that changes. On failure it
    /// publishes its last good answer or nothing.
    fn run(self: Box<Self>, publisher: Publisher) -> Running;
}

/// Where a mechanism's answers go.
#[derive(Clone)]
pub struct Publisher {
    shared: Weak<Shared>,
    job: Arc<str>,
    id: MechanismId,
}

impl Publisher {
    pub(crate) fn new(shared: &Arc<Shared>, job: &str, id: MechanismId) -> Self {
        Self {
            shared: Arc::downgrade(shared),
            job: job.into(),
            id,
        }
    }

    /// The job that the targets belong to.
    pub fn job(&self) -> &str {
        &self.job
    }

    /// From now on these are the groups that the mechanism knows. Ignored once its
    /// configuration is gone.
    pub fn replace(&self, groups: Vec<Arc<TargetGroup>>) {
        if let Some(shared) = self.shared.upgrade() {
            shared.answer(&self.job, self.id, groups);
        }
    }

    /// These groups take the place of those of the same source, and the others stay; one without
    /// targets only goes. For mechanisms that learn of changes one by one: such a change costs
    /// what it concerns, not everything that is known, and is sent on sooner. The first call
    /// counts as an answer even where it brings nothing.
    pub fn update(&self, groups: Vec<Arc<TargetGroup>>) {
        if let Some(shared) = self.shared.upgrade() {
            shared.change(&self.job, self.id, groups);
        }
    }
}
