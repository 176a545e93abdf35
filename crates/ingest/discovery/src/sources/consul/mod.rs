//! `consul_sd_configs`: the services of a Consul catalog.
//!
//! Consul tells of changes: a question names the index of the last answer, and is answered when
//! there is a later one (<https://developer.hashicorp.com/consul/api-docs/features/blocking>). One
//! task asks for the list of services, one a service for its instances; all of them end with the
//! mechanism.

mod api;
mod target;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use config::ConsulDiscovery;
use contract::TargetGroup;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::mechanism::{Mechanism, Publisher, Running};
use crate::metrics::Metrics;
use crate::poll::PATIENCE;
use api::Consul;

/// Most services that are watched; each has a task and a connection.
const MAX_SERVICES: usize = 10_000;
/// News that wait for the mechanism; whoever has more waits.
const MAX_NEWS: usize = 64;

pub(crate) struct ConsulMechanism {
    consul: Arc<Consul>,
}

impl ConsulMechanism {
    pub(crate) fn new(config: &ConsulDiscovery, metrics: Arc<Metrics>) -> Self {
        Self {
            consul: Arc::new(Consul::new(config, metrics)),
        }
    }
}

impl Mechanism for ConsulMechanism {
    fn run(self: Box<Self>, publisher: Publisher) -> Running {
        Box::pin(watch(self.consul, publisher))
    }
}

/// What a task has to say.
enum News {
    /// These services are to be watched, and no others.
    Services(Vec<String>),
    /// The instances of a service.
    Instances(String, Arc<TargetGroup>),
    /// A question failed: what is known is all there is for now.
    Failure,
}

/// A service that is watched.
struct Watched {
    task: AbortHandle,
    group: Option<Arc<TargetGroup>>,
}

async fn watch(consul: Arc<Consul>, publisher: Publisher) {
    let (sender, mut news) = mpsc::channel(MAX_NEWS);
    // Dropped with this function, and its tasks with it.
    let mut tasks = JoinSet::new();
    tasks.spawn(Arc::clone(&consul).list(publisher.job().to_owned(), sender.clone()));
    let mut watched: BTreeMap<String, Watched> = BTreeMap::new();
    let patience = Instant::now() + PATIENCE;
    // The first answer is whole, unless that takes too long.
    let mut waiting = true;
    loop {
        let item = tokio::select! {
            item = news.recv() => item,
            () = sleep_until(patience), if waiting => Some(News::Failure),
            // Tasks that were ended are taken out of the set.
            Some(_) = tasks.join_next() => continue,
        };
        match item {
            None => return,
            Some(News::Services(names)) => {
                follow(&mut watched, bounded(names, publisher.job()), |name| {
                    let job = publisher.job().to_owned();
                    tasks.spawn(Arc::clone(&consul).follow(job, name, sender.clone()))
                });
            }
            Some(News::Instances(name, group)) => {
                // One that is gone may have had something on its way.
                if let Some(service) = watched.get_mut(&name) {
                    service.group = Some(group);
                }
            }
            Some(News::Failure) if waiting => waiting = false,
            Some(News::Failure) => continue,
        }
        let complete = watched.values().all(|service| service.group.is_some());
        if complete || !waiting {
            waiting = false;
            let groups = watched.values().filter_map(|service| service.group.clone());
            publisher.replace(groups.collect());
        }
    }
}

/// As many services as are watched.
fn bounded(mut names: Vec<String>, job: &str) -> Vec<String> {
    if names.len() > MAX_SERVICES {
        let (found, limit) = (names.len(), MAX_SERVICES);
        tracing::error!(
            job,
            found,
            limit,
            "too many Consul services; the rest is ignored"
        );
        names.truncate(MAX_SERVICES);
    }
    names
}

/// Ends the tasks of services that are gone, and starts those of new ones.
fn follow(
    watched: &mut BTreeMap<String, Watched>,
    names: Vec<String>,
    mut start: impl FnMut(String) -> AbortHandle,
) {
    let wanted: HashSet<&String> = names.iter().collect();
    watched.retain(|name, service| {
        let keep = wanted.contains(name);
        if !keep {
            service.task.abort();
        }
        keep
    });
    for name in names {
        watched.entry(name).or_insert_with_key(|name| Watched {
            task: start(name.clone()),
            group: None,
        });
    }
}
