//! What groups are made with beside their own object: nodes, namespaces, services, pods, owners.

use std::sync::Arc;

use config::{KubernetesAttach, KubernetesDiscovery, KubernetesRole};
use kubernetes::{Changes, Connection, Object, Resource, Text, Watched};
use rapidhash::{RapidHashMap, RapidHashSet};
use tokio::sync::Notify;

use super::objects::{Job, Namespace, Node, Pod, ReplicaSet, Service};

/// What a section asks, and whom.
pub(super) struct Scope<'a> {
    pub(super) config: &'a KubernetesDiscovery,
    pub(super) connection: &'a Connection,
    /// `None` alone stands for all.
    pub(super) namespaces: &'a [Option<String>],
    /// Given whenever an object changed.
    pub(super) signal: &'a Arc<Notify>,
}

impl Scope<'_> {
    /// A resource in each namespace, as the section's selector for its role has it.
    pub(super) fn each<T: Object>(
        &self,
        resource: &Resource,
        role: Option<KubernetesRole>,
    ) -> Vec<Changes<T>> {
        let parts = self.namespaces.iter();
        parts
            .map(|namespace| self.follow(resource.clone().within(namespace.as_deref()), role))
            .collect()
    }

    /// A resource that has no namespace.
    pub(super) fn follow<T: Object>(
        &self,
        mut resource: Resource,
        role: Option<KubernetesRole>,
    ) -> Changes<T> {
        let mut selectors = self.config.selectors.iter();
        if let Some(selector) = selectors.find(|selector| Some(selector.role) == role) {
            resource.label.clone_from(&selector.label);
            resource.field.clone_from(&selector.field);
        }
        let watched: Arc<Watched<T>> = self.connection.watch(resource);
        watched.follow(Arc::clone(self.signal))
    }
}

/// An object that a group was made with.
type Used = (Kind, Text);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Node,
    Namespace,
    Service,
    Pod,
    ReplicaSet,
    Job,
}

/// Objects that are looked up while groups are made, and which group looked at which.
#[derive(Default)]
pub(super) struct Around {
    pub(super) attach: KubernetesAttach,
    pub(super) nodes: Option<Changes<Node>>,
    pub(super) namespaces: Option<Changes<Namespace>>,
    pub(super) services: Vec<Changes<Service>>,
    pub(super) pods: Vec<Changes<Pod>>,
    pub(super) replica_sets: Vec<Changes<ReplicaSet>>,
    pub(super) jobs: Vec<Changes<Job>>,
    /// What the group under way has looked at.
    looking: Vec<Used>,
    /// By object: the keys of the groups made with it.
    users: RapidHashMap<Used, RapidHashSet<Text>>,
    /// By key of a group: the objects it was made with.
    used: RapidHashMap<Text, Vec<Used>>,
}

impl Around {
    /// Follows what the section attaches: nodes and namespaces.
    pub(super) fn attached(scope: &Scope<'_>, nodes: bool) -> Self {
        let attach = scope.config.attach;
        let node = (nodes && attach.node).then(|| {
            let all = Resource::all("node", "api/v1", "nodes");
            scope.follow(all, Some(KubernetesRole::Node))
        });
        let namespace = attach.namespace.then(|| {
            let all = Resource::all("namespace", "api/v1", "namespaces");
            scope.follow(all, None)
        });
        Self {
            attach,
            nodes: node,
            namespaces: namespace,
            ..Self::default()
        }
    }

    /// Follows what is attached to pods as well: their deployments, jobs and cron jobs.
    pub(super) fn with_owners(mut self, scope: &Scope<'_>) -> Self {
        if self.attach.deployment {
            let all = Resource::all("replicaset", "apis/apps/v1", "replicasets");
            self.replica_sets = scope.each(&all, None);
        }
        if self.attach.job || self.attach.cronjob {
            let all = Resource::all("job", "apis/batch/v1", "jobs");
            self.jobs = scope.each(&all, None);
        }
        self
    }

    /// Follows the services and pods behind endpoints.
    pub(super) fn with_backends(mut self, scope: &Scope<'_>) -> Self {
        let services = Resource::all("service", "api/v1", "services");
        self.services = scope.each(&services, Some(KubernetesRole::Service));
        let pods = Resource::all("pod", "api/v1", "pods");
        self.pods = scope.each(&pods, Some(KubernetesRole::Pod));
        self
    }

    /// Whether each resource has answered or refused once.
    pub(super) fn is_settled(&self) -> bool {
        fn all<T: Object>(parts: &[Changes<T>]) -> bool {
            parts.iter().all(|part| part.watched.is_settled())
        }
        all(self.nodes.as_slice())
            && all(self.namespaces.as_slice())
            && all(&self.services)
            && all(&self.pods)
            && all(&self.replica_sets)
            && all(&self.jobs)
    }

    /// The keys of the groups that were made with an object that changed since.
    pub(super) fn take(&mut self) -> RapidHashSet<Text> {
        let mut concerned = RapidHashSet::default();
        let mut of = |kind: Kind, changed: Vec<Text>| {
            for key in changed {
                if let Some(users) = self.users.get(&(kind, key)) {
                    concerned.extend(users.iter().cloned());
                }
            }
        };
        of(Kind::Node, taken(self.nodes.as_slice()));
        of(Kind::Namespace, taken(self.namespaces.as_slice()));
        of(Kind::Service, taken(&self.services));
        of(Kind::Pod, taken(&self.pods));
        of(Kind::ReplicaSet, taken(&self.replica_sets));
        of(Kind::Job, taken(&self.jobs));
        concerned
    }

    /// A group was made, or is gone: what it looked at is remembered for it.
    pub(super) fn made(&mut self, key: &Text) {
        let now = std::mem::take(&mut self.looking);
        let before = if now.is_empty() {
            self.used.remove(key.as_str())
        } else {
            self.used.insert(key.clone(), now.clone())
        };
        for used in before.into_iter().flatten() {
            if now.contains(&used) {
                continue;
            }
            if let Some(users) = self.users.get_mut(&used) {
                users.remove(key.as_str());
                if users.is_empty() {
                    self.users.remove(&used);
                }
            }
        }
        for used in now {
            self.users.entry(used).or_default().insert(key.clone());
        }
    }

    fn look<T: Object>(&mut self, kind: Kind, key: &str, parts: Parts<T>) -> Option<Arc<T>> {
        let used = (kind, Text::new(key));
        if !self.looking.contains(&used) {
            self.looking.push(used);
        }
        let mut parts = parts(self).iter();
        parts.find_map(|part| part.watched.get(key))
    }

    pub(super) fn node(&mut self, name: &str) -> Option<Arc<Node>> {
        self.look(Kind::Node, name, |around| around.nodes.as_slice())
    }

    pub(super) fn namespace(&mut self, name: &str) -> Option<Arc<Namespace>> {
        self.look(Kind::Namespace, name, |around| around.namespaces.as_slice())
    }

    pub(super) fn service(&mut self, namespace: &str, name: &str) -> Option<Arc<Service>> {
        let key = format!("{namespace}/{name}");
        self.look(Kind::Service, &key, |around| &around.services)
    }

    pub(super) fn pod(&mut self, namespace: &str, name: &str) -> Option<Arc<Pod>> {
        let key = format!("{namespace}/{name}");
        self.look(Kind::Pod, &key, |around| &around.pods)
    }

    pub(super) fn replica_set(&mut self, namespace: &str, name: &str) -> Option<Arc<ReplicaSet>> {
        let key = format!("{namespace}/{name}");
        self.look(Kind::ReplicaSet, &key, |around| &around.replica_sets)
    }

    pub(super) fn job(&mut self, namespace: &str, name: &str) -> Option<Arc<Job>> {
        let key = format!("{namespace}/{name}");
        self.look(Kind::Job, &key, |around| &around.jobs)
    }
}

type Parts<T> = fn(&Around) -> &[Changes<T>];

fn taken<T>(parts: &[Changes<T>]) -> Vec<Text> {
    parts.iter().flat_map(Changes::take).collect()
}
