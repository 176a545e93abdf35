//! `kubernetes_sd_configs`: targets made of the objects of a Kubernetes API server.
//!
//! Each object of a section's role becomes one group, named as upstream names it, such as
//! `pod/namespace/name`. A change costs the groups that it concerns: those of the object itself,
//! and those that were made with a look at it (a pod's endpoints, a node's pods).
//!
//! Where a resource is refused, the others go on: an object whose namespace may not be listed
//! gives no targets, and labels that would come from a refused resource are missing.

mod around;
mod endpoint_slices;
mod endpoints;
mod ingresses;
mod meta_labels;
mod nodes;
mod objects;
mod pods;
mod services;

use std::sync::Arc;
use std::time::Duration;

use config::{KubernetesDiscovery, KubernetesRole};
use contract::TargetGroup;
use kubernetes::{Access, Changes, Connection, Hub, KubernetesError, Object, Text};
use rapidhash::RapidHashSet;
use tokio::sync::Notify;

use crate::mechanism::{Mechanism, Publisher, Running};
use around::{Around, Scope};

/// How long to wait behind a change before groups are made: changes come in company.
const SETTLE: Duration = Duration::from_millis(100);
/// How long to wait before a section is tried again that names no server that can be used, such
/// as one whose kubeconfig is missing.
const UNUSABLE: Duration = Duration::from_secs(30);

/// A kind of object that targets are made of.
trait Role: Send + 'static {
    /// The kind.
    type Object: Object;

    /// What the sources of its groups begin with.
    const SOURCE: &'static str;

    /// Which objects are listed, one resource a namespace.
    fn main(scope: &Scope<'_>) -> Vec<Changes<Self::Object>>;

    /// What else has to be known of a group.
    fn around(scope: &Scope<'_>) -> Around;

    /// Makes the group of an object. Looks up what it needs in `around`, which remembers it.
    fn build(object: &Self::Object, around: &mut Around) -> TargetGroup;
}

/// Follows one section.
pub(crate) struct KubernetesMechanism {
    config: KubernetesDiscovery,
    hub: Arc<Hub>,
}

impl KubernetesMechanism {
    pub(crate) fn new(config: KubernetesDiscovery, hub: Arc<Hub>) -> Self {
        Self { config, hub }
    }

    fn connect(&self) -> Result<(Arc<Connection>, Vec<Option<String>>), KubernetesError> {
        let connection = self.hub.connect(&Access::new(&self.config.access)?)?;
        let mut namespaces = self.config.namespaces.clone();
        if self.config.own_namespace {
            namespaces.push(Access::own_namespace()?);
        }
        namespaces.sort_unstable();
        namespaces.dedup();
        let mut namespaces: Vec<_> = namespaces.into_iter().map(Some).collect();
        if namespaces.is_empty() {
            namespaces.push(None);
        }
        Ok((connection, namespaces))
    }

    async fn follow(self, publisher: Publisher) {
        let (connection, namespaces) = loop {
            match self.connect() {
                Ok(found) => break found,
                Err(error) => {
                    tracing::error!(job = publisher.job(), %error, "kubernetes_sd_configs: no server to ask; trying again");
                    publisher.update(Vec::new());
                    tokio::time::sleep(UNUSABLE).await;
                }
            }
        };
        let signal = Arc::new(Notify::new());
        let scope = Scope {
            config: &self.config,
            connection: &connection,
            namespaces: &namespaces,
            signal: &signal,
        };
        match self.config.role {
            KubernetesRole::Node => run::<nodes::Nodes>(&scope, &publisher).await,
            KubernetesRole::Pod => run::<pods::Pods>(&scope, &publisher).await,
            KubernetesRole::Service => run::<services::Services>(&scope, &publisher).await,
            KubernetesRole::Endpoints => run::<endpoints::AllEndpoints>(&scope, &publisher).await,
            KubernetesRole::EndpointSlice => {
                run::<endpoint_slices::EndpointSlices>(&scope, &publisher).await;
            }
            KubernetesRole::Ingress => run::<ingresses::Ingresses>(&scope, &publisher).await,
        }
    }
}

impl Mechanism for KubernetesMechanism {
    fn run(self: Box<Self>, publisher: Publisher) -> Running {
        Box::pin(self.follow(publisher))
    }
}

/// Publishes the groups of a role, and from then on those that change.
async fn run<R: Role>(scope: &Scope<'_>, publisher: &Publisher) {
    let main = R::main(scope);
    let mut around = R::around(scope);
    loop {
        scope.signal.notified().await;
        let settled = main.iter().all(|part| part.watched.is_settled());
        if settled && around.is_settled() {
            break;
        }
    }
    loop {
        let groups = changed::<R>(&main, &mut around);
        publisher.update(groups);
        scope.signal.notified().await;
        tokio::time::sleep(SETTLE).await;
    }
}

/// The groups of all objects that changed, or that were made with a look at one that did.
fn changed<R: Role>(main: &[Changes<R::Object>], around: &mut Around) -> Vec<Arc<TargetGroup>> {
    let mut keys: RapidHashSet<Text> = RapidHashSet::default();
    keys.extend(main.iter().flat_map(Changes::take));
    keys.extend(around.take());
    let mut groups = Vec::with_capacity(keys.len());
    for key in keys {
        let object = main.iter().find_map(|part| part.watched.get(&key));
        let mut group = match object {
            Some(object) => R::build(&object, around),
            None => TargetGroup::default(),
        };
        around.made(&key);
        group.source = format!("{}/{key}", R::SOURCE);
        groups.push(Arc::new(group));
    }
    groups
}
