//! Shares what is watched: one watch for each resource of a server and its credentials.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use model::Family;
use parking_lot::Mutex;

use crate::kept::{Kept, Watched};
use crate::metrics::Metrics;
use crate::reflect::Reflector;
use crate::{Access, Api, KubernetesError, Object, Resource};

/// All servers that are watched.
#[derive(Default)]
pub struct Hub {
    connections: Mutex<Vec<(Access, Weak<Connection>)>>,
    metrics: Arc<Metrics>,
}

/// One server and someone's credentials, with all that is watched there.
pub struct Connection {
    /// For requests of other kinds.
    pub api: Arc<Api>,
    watched: Mutex<HashMap<(TypeId, Resource), Weak<dyn Any + Send + Sync>>>,
    metrics: Arc<Metrics>,
}

impl Hub {
    /// The connection of an access, made where there is none.
    ///
    /// # Errors
    /// Settings of the client that contradict each other.
    pub fn connect(&self, access: &Access) -> Result<Arc<Connection>, KubernetesError> {
        let mut connections = self.connections.lock();
        connections.retain(|(_, connection)| connection.strong_count() > 0);
        let known = connections.iter().find(|(known, _)| known == access);
        if let Some(connection) = known.and_then(|(_, connection)| connection.upgrade()) {
            return Ok(connection);
        }
        let connection = Arc::new(Connection {
            api: Arc::new(Api::new(access)?),
            watched: Mutex::default(),
            metrics: Arc::clone(&self.metrics),
        });
        connections.push((access.clone(), Arc::downgrade(&connection)));
        Ok(connection)
    }
}

impl Connection {
    /// The objects of a resource: the set that somebody watches already, or a new one. Must be
    /// called inside a Tokio runtime.
    pub fn watch<T: Object>(&self, resource: Resource) -> Arc<Watched<T>> {
        let key = (TypeId::of::<T>(), resource);
        let mut all = self.watched.lock();
        let known = all.get(&key).and_then(Weak::upgrade);
        if let Some(watched) = known.and_then(|known| known.downcast::<Watched<T>>().ok()) {
            return watched;
        }
        all.retain(|_, watched| watched.strong_count() > 0);
        let kept = Arc::new(Kept::new(key.1.role, Arc::clone(&self.metrics)));
        let reflector = Reflector {
            api: Arc::clone(&self.api),
            resource: key.1.clone(),
            kept: Arc::clone(&kept),
            metrics: Arc::clone(&self.metrics),
        };
        let watched = Arc::new(Watched::new(kept, tokio::spawn(reflector.run())));
        let shared: Arc<dyn Any + Send + Sync> = Arc::clone(&watched) as _;
        all.insert(key, Arc::downgrade(&shared));
        watched
    }
}

impl Hub {
    /// What it says of itself; names of metrics begin with `prefix`.
    pub fn gather_as(&self, prefix: &str, families: &mut Vec<Family>) {
        self.metrics.gather_as(prefix, families);
    }
}
