//! Follows objects, and turns them into sections, rule files and routes each time they change.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use config::ScrapeConfig;
use contract::Gather;
use kubernetes::{Access, Changes, Connection, Hub, Pairs};
use model::Family;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::alertmanager::Routes;
use crate::convert::put;
use crate::events::Events;
use crate::jobs::Scope;
use crate::objects::{Custom, Kind, Namespace};
use crate::outcome::{ObjectState, Outcome, States};
use crate::references::{Lookup, References};
use crate::selector::selects;
use crate::{Settings, pod_monitor, probe, rules, scrape_config, service_monitor};

/// What is wrong with a text.
pub type Check = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// What objects are held against that this crate does not know.
#[derive(Clone)]
pub struct Checks {
    /// A rule file: the languages of its expressions and templates.
    pub rules: Check,
    /// What is added to Alertmanager's configuration, as JSON: whether both fit.
    pub routes: Check,
}

/// How long to wait behind a change: a release changes many objects at once.
const SETTLE: Duration = Duration::from_millis(500);
/// How long to wait before a server is looked for again that is not to be had.
const UNUSABLE: Duration = Duration::from_secs(30);
/// Time between two scrapes where neither an object nor the `Prometheus` object says one: the
/// operator's.
const INTERVAL: &str = "30s";

/// Follows the objects of one server.
pub struct Operator {
    states: Arc<States>,
    hub: Arc<Hub>,
    outcome: watch::Receiver<Arc<Outcome>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Operator {
    /// Begins to follow. Must be called inside a Tokio runtime.
    pub fn start(settings: Settings, checks: Checks) -> Self {
        let (outcomes, outcome) = watch::channel(Arc::default());
        let states: Arc<States> = Arc::default();
        let hub: Arc<Hub> = Arc::default();
        let (told, asked) = (Arc::clone(&states), Arc::clone(&hub));
        let task = tokio::spawn(async move {
            let connection = connect(&settings, &asked).await;
            let mut follower = Follower::new(settings, connection, checks);
            follower.follow(&outcomes, &told).await;
        });
        Self {
            states,
            hub,
            outcome,
            task: Mutex::new(Some(task)),
        }
    }

    /// What the objects are turned into, now and each time that it changes.
    pub fn outcomes(&self) -> watch::Receiver<Arc<Outcome>> {
        self.outcome.clone()
    }

    /// How each selected object is.
    pub fn states(&self) -> Vec<ObjectState> {
        self.states.0.lock().clone()
    }

    /// What tells of the objects in metrics.
    pub fn gatherer(&self) -> OperatorMetrics {
        OperatorMetrics {
            states: Arc::clone(&self.states),
            hub: Arc::clone(&self.hub),
        }
    }

    /// Ends it.
    pub async fn shutdown(&self) {
        let task = self.task.lock().take();
        if let Some(task) = task {
            task.abort();
            // The only error is the one asked for, or a panic that has been reported.
            let _ = task.await;
        }
    }
}

/// Counts of objects, and of what their server answered.
pub struct OperatorMetrics {
    states: Arc<States>,
    hub: Arc<Hub>,
}

impl Gather for OperatorMetrics {
    fn gather(&self, families: &mut Vec<Family>) {
        self.states.gather(families);
        self.hub.gather_as("argand_operator", families);
    }
}

async fn connect(settings: &Settings, hub: &Hub) -> Arc<Connection> {
    loop {
        let access = Access::new(&settings.access);
        match access.and_then(|access| hub.connect(&access)) {
            Ok(connection) => return connection,
            Err(error) => {
                tracing::error!(%error, "--kubernetes.operator: no server to ask; trying again");
                tokio::time::sleep(UNUSABLE).await;
            }
        }
    }
}

struct Follower {
    settings: Settings,
    connection: Arc<Connection>,
    checks: Checks,
    signal: Arc<Notify>,
    kinds: Vec<(Kind, Changes<Custom>)>,
    namespaces: Changes<Namespace>,
    references: References,
    events: Events,
}

impl Follower {
    fn new(settings: Settings, connection: Arc<Connection>, checks: Checks) -> Self {
        let signal: Arc<Notify> = Arc::default();
        let selected = Kind::ALL
            .into_iter()
            .filter(|kind| settings.selector(*kind).is_object());
        let kinds = selected.map(|kind| {
            let watched = connection.watch::<Custom>(kind.resource());
            (kind, watched.follow(Arc::clone(&signal)))
        });
        let kinds = kinds.collect();
        let all = kubernetes::Resource::all("namespace", "api/v1", "namespaces");
        let namespaces = connection.watch::<Namespace>(all);
        Self {
            namespaces: namespaces.follow(Arc::clone(&signal)),
            references: References::new(Arc::clone(&connection), Arc::clone(&signal)),
            settings,
            connection,
            checks,
            signal,
            kinds,
            events: Events::default(),
        }
    }

    async fn follow(&mut self, outcomes: &watch::Sender<Arc<Outcome>>, states: &States) {
        loop {
            self.signal.notified().await;
            let all = self.kinds.iter();
            let settled = all.clone().all(|(_, kind)| kind.watched.is_settled());
            if !settled || !self.namespaces.watched.is_settled() {
                continue;
            }
            tokio::time::sleep(SETTLE).await;
            let outcome = self.round();
            // What is referred to and not read yet gives a signal once it is.
            if !self.references.is_settled() {
                continue;
            }
            if outcomes.borrow().states != outcome.states {
                self.report(&outcome.states).await;
                states.0.lock().clone_from(&outcome.states);
            }
            if **outcomes.borrow() != outcome {
                outcomes.send_replace(Arc::new(outcome));
            }
        }
    }

    /// Turns all objects into what they say.
    fn round(&self) -> Outcome {
        for (_, kind) in &self.kinds {
            kind.take();
        }
        self.namespaces.take();
        self.references.begin();
        let mut outcome = Outcome::default();
        let mut routes = Routes::default();
        for (kind, objects) in &self.kinds {
            let mut objects = objects.watched.all();
            objects.retain(|object| self.is_selected(*kind, object));
            objects.sort_by_key(|object| object.metadata.key());
            for object in objects {
                let problem = self.turn(*kind, &object, &mut outcome, &mut routes).err();
                outcome.states.push(ObjectState {
                    kind: kind.name(),
                    namespace: object.metadata.namespace.to_string(),
                    name: object.metadata.name.to_string(),
                    problem,
                });
            }
        }
        self.references.end();
        outcome.alertmanager = routes.finish();
        outcome
    }

    fn is_selected(&self, kind: Kind, object: &Custom) -> bool {
        let meta = &object.metadata;
        let namespaces = self.settings.namespaces(kind);
        let namespace = if namespaces.is_null() {
            *meta.namespace == *self.settings.namespace
        } else {
            let known = self.namespaces.watched.get(&meta.namespace);
            let none = Pairs::default();
            let labels = known.as_ref().map_or(&none, |known| &known.metadata.labels);
            selects(namespaces, labels)
        };
        namespace && selects(self.settings.selector(kind), &meta.labels)
    }

    fn turn(
        &self,
        kind: Kind,
        object: &Custom,
        outcome: &mut Outcome,
        routes: &mut Routes,
    ) -> Result<(), String> {
        let meta = &object.metadata;
        let lookup = Lookup {
            references: Some(&self.references),
            namespace: &meta.namespace,
        };
        let scope = Scope {
            settings: &self.settings,
            lookup: &lookup,
            namespace: &meta.namespace,
            name: &meta.name,
        };
        let sections = match kind {
            Kind::ServiceMonitor => service_monitor::sections(&scope, &object.spec)?,
            Kind::PodMonitor => pod_monitor::sections(&scope, &object.spec)?,
            Kind::Probe => probe::sections(&scope, &object.spec)?,
            Kind::ScrapeConfig => scrape_config::sections(&scope, &object.spec)?,
            Kind::PrometheusRule => {
                let file = rules::file(&self.settings, &meta.namespace, &object.spec)?;
                (self.checks.rules)(&file)?;
                let name = format!("{}-{}-{}.yaml", meta.namespace, meta.name, meta.uid);
                outcome.rule_files.insert(name, file);
                return Ok(());
            }
            Kind::AlertmanagerConfig => {
                let own = Routes::of(&scope, &object.spec)?;
                let text = own.clone().finish().unwrap_or_default().to_string();
                (self.checks.routes)(&text)?;
                routes.extend(own);
                return Ok(());
            }
        };
        let found = checked(&self.settings, sections)?;
        outcome.scrape_configs.extend(found);
        Ok(())
    }

    /// Tells of objects that are wrong now.
    async fn report(&mut self, states: &[ObjectState]) {
        for state in states {
            let Some(problem) = &state.problem else {
                continue;
            };
            let (kind, namespace, name) = (state.kind, &state.namespace, &state.name);
            tracing::error!(kind, %namespace, %name, %problem, "this object is left out");
            let mut kinds = self.kinds.iter();
            let Some((kind, objects)) = kinds.find(|(known, _)| known.name() == kind) else {
                continue;
            };
            if let Some(object) = objects.watched.get(&format!("{namespace}/{name}")) {
                let api = Arc::clone(&self.connection.api);
                self.events
                    .tell(&api, *kind, &object.metadata, problem)
                    .await;
            }
        }
    }
}

/// Holds sections against what configuration files may say.
pub(crate) fn checked(
    settings: &Settings,
    sections: Vec<Value>,
) -> Result<Vec<ScrapeConfig>, String> {
    let mut global = json!({"scrape_interval": INTERVAL});
    for (name, ours) in [
        ("scrapeInterval", "scrape_interval"),
        ("scrapeTimeout", "scrape_timeout"),
    ] {
        let value = settings.text(name);
        if !value.is_empty() {
            put(&mut global, ours, value);
        }
    }
    let text = json!({"global": global, "scrape_configs": sections}).to_string();
    let config = config::parse(&text, Path::new("object"), &|_| None);
    let found = config.map_err(|error| error.to_string())?.scrape_configs;
    Ok(found)
}
