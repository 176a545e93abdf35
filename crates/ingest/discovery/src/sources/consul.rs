//! `consul_sd_configs`: the services of a Consul catalog.
//!
//! Consul tells of changes: a question names the index of the last answer, and is answered when
//! there is a later one (<https://developer.hashicorp.com/consul/api-docs/features/blocking>). One
//! task asks for the list of services, one a service for its instances; all of them end with the
//! mechanism.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use config::ConsulDiscovery;
use contract::TargetGroup;
use http::Request;
use model::{Labels, LabelsBuilder};
use serde_json::Value;
use tokio::sync::{OnceCell, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::ask::{AskError, Server, escaped, get, set_secret};
use crate::fields::{Target, enclosed, host_port, list, number, text, texts};
use crate::mechanism::{Mechanism, Publisher, Running};
use crate::metrics::Metrics;
use crate::poll::PATIENCE;

/// How long Consul may wait for a change.
const WAIT: Duration = Duration::from_secs(120);
/// How long an answer may take beyond that.
const GRACE: Duration = Duration::from_secs(15);
/// Longest pause after a failure.
const RETRY: Duration = Duration::from_secs(15);
/// Most services that are watched; each has a task and a connection.
const MAX_SERVICES: usize = 10_000;
/// News that wait for the mechanism; whoever has more waits.
const MAX_NEWS: usize = 64;
const PREFIX: &str = "__meta_consul_";

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
            Some(News::Services(mut names)) => {
                if names.len() > MAX_SERVICES {
                    let (job, found) = (publisher.job(), names.len());
                    tracing::error!(
                        job,
                        found,
                        limit = MAX_SERVICES,
                        "too many Consul services; the rest is ignored"
                    );
                    names.truncate(MAX_SERVICES);
                }
                let wanted: HashSet<&String> = names.iter().collect();
                watched.retain(|name, service| {
                    let keep = wanted.contains(name);
                    if !keep {
                        service.task.abort();
                    }
                    keep
                });
                for name in names {
                    let started = watched.contains_key(&name);
                    if !started {
                        let job = publisher.job().to_owned();
                        let work = Arc::clone(&consul).follow(job, name.clone(), sender.clone());
                        let task = tasks.spawn(work);
                        watched.insert(name, Watched { task, group: None });
                    }
                }
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

/// Consul as a section describes it.
struct Consul {
    config: ConsulDiscovery,
    server: Server,
    /// In front of the paths of its API.
    url: String,
    own_datacenter: OnceCell<String>,
    metrics: Arc<Metrics>,
}

impl Consul {
    fn new(config: &ConsulDiscovery, metrics: Arc<Metrics>) -> Self {
        let asking = &config.asking;
        let (scheme, server) = match config.server.split_once("://") {
            Some(("unix", path)) => {
                return Self {
                    server: Server::on_socket(asking, path.into()).patient(WAIT + GRACE),
                    url: format!("http://localhost{}", prefix(&config.path_prefix)),
                    config: config.clone(),
                    own_datacenter: OnceCell::new(),
                    metrics,
                };
            }
            Some(("https", server)) => ("https", server),
            Some((_, server)) => (config.scheme.as_str(), server),
            None => (config.scheme.as_str(), config.server.as_str()),
        };
        let server = server.trim_end_matches('/');
        Self {
            server: Server::new(asking).patient(WAIT + GRACE),
            url: format!("{scheme}://{server}{}", prefix(&config.path_prefix)),
            config: config.clone(),
            own_datacenter: OnceCell::new(),
            metrics,
        }
    }

    /// A request for a path of the API.
    fn request(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Request<Bytes>, AskError> {
        let config = &self.config;
        let common = [
            ("dc", config.datacenter.as_str()),
            ("ns", &config.namespace),
            ("partition", &config.partition),
        ];
        let all = parameters.iter().chain(&common);
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(all.filter(|(name, value)| *name == "stale" || !value.is_empty()))
            .finish();
        let mut request = get(&format!("{}{path}?{query}", self.url))?;
        let token = config.token.expose();
        if !token.is_empty() {
            set_secret(&mut request, "x-consul-token", token)?;
        }
        Ok(request)
    }

    /// Asks for what lies behind an index; answers with the next one.
    async fn blocking(
        &self,
        path: &str,
        index: u64,
        parameters: &[(&str, &str)],
    ) -> Result<(u64, Value), AskError> {
        let (index_text, wait) = (index.to_string(), format!("{}ms", WAIT.as_millis()));
        let mut all = parameters.to_vec();
        if self.config.allow_stale {
            all.push(("stale", ""));
        }
        if index > 0 {
            all.push(("index", &index_text));
        }
        all.push(("wait", &wait));
        let node_meta = self.config.node_meta.iter();
        let node_meta: Vec<_> = node_meta
            .map(|(name, value)| format!("{name}:{value}"))
            .collect();
        all.extend(node_meta.iter().map(|pair| ("node-meta", pair.as_str())));
        let answer = self.server.ask(self.request(path, &all)?).await?.good()?;
        let next = answer.header("x-consul-index").parse();
        let next: u64 = next.map_err(|_| answer.wrong("the answer has no X-Consul-Index"))?;
        Ok((next, answer.json()?))
    }

    /// The datacenter, asked for once, until it is known.
    async fn datacenter(&self, job: &str, news: &mpsc::Sender<News>) -> &str {
        if !self.config.datacenter.is_empty() {
            return &self.config.datacenter;
        }
        self.own_datacenter
            .get_or_init(|| self.ask_datacenter(job, news))
            .await
    }

    async fn ask_datacenter(&self, job: &str, news: &mpsc::Sender<News>) -> String {
        loop {
            let asked = async {
                let own = self
                    .server
                    .json(self.request("/v1/agent/self", &[])?)
                    .await?;
                let name = text(&own, "/Config/Datacenter").into_owned();
                if name.is_empty() {
                    let reason = "the agent names no datacenter".to_owned();
                    let url = format!("{}/v1/agent/self", self.url);
                    return Err(AskError::Content { url, reason });
                }
                Ok(name)
            };
            match asked.await {
                Ok(name) => return name,
                Err(error) => self.failed(job, "the datacenter", &error, news).await,
            }
        }
    }

    /// Tells of a failure, and pauses.
    async fn failed(&self, job: &str, what: &str, error: &AskError, news: &mpsc::Sender<News>) {
        self.metrics.consul.failures.inc();
        tracing::error!(job, what, %error, "Consul not asked; the last good answer stays");
        let _ = news.send(News::Failure).await;
        sleep(RETRY.min(self.config.asking.refresh_interval)).await;
    }

    /// Tells which services are to be watched, for ever.
    async fn list(self: Arc<Self>, job: String, news: mpsc::Sender<News>) {
        let config = &self.config;
        let fixed =
            !config.services.is_empty() && config.tags.is_empty() && config.filter.is_empty();
        if fixed {
            let _ = news.send(News::Services(config.services.clone())).await;
            return std::future::pending().await;
        }
        let mut index = 0;
        let mut ticks = self.ticks();
        loop {
            ticks.tick().await;
            let began = Instant::now();
            let filter = [("filter", config.filter.as_str())];
            let asked = self.blocking("/v1/catalog/services", index, &filter).await;
            self.metrics
                .consul
                .catalog
                .observe(began.elapsed().as_secs_f64());
            match asked {
                Ok((next, services)) if next != index => {
                    index = after(index, next);
                    let services = services.as_object().into_iter().flatten();
                    let wanted = services
                        .filter(|(name, tags)| self.wants(name, &texts(tags, "")))
                        .map(|(name, _)| name.clone());
                    if news.send(News::Services(wanted.collect())).await.is_err() {
                        return;
                    }
                }
                Ok(_) => {}
                Err(error) => self.failed(&job, "the services", &error, &news).await,
            }
        }
    }

    fn wants<T: AsRef<str>>(&self, name: &str, tags: &[T]) -> bool {
        let config = &self.config;
        let has = |wanted: &String| tags.iter().any(|tag| tag.as_ref() == wanted);
        (config.services.is_empty() || config.services.iter().any(|service| service == name))
            && config.tags.iter().all(has)
    }

    /// Not more often than the section says, however often something changes.
    fn ticks(&self) -> tokio::time::Interval {
        let least = Duration::from_millis(1);
        let mut ticks = interval(self.config.asking.refresh_interval.max(least));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    }

    /// Tells the instances of a service, for ever.
    async fn follow(self: Arc<Self>, job: String, name: String, news: mpsc::Sender<News>) {
        let config = &self.config;
        let datacenter = self.datacenter(&job, &news).await;
        let path = format!("/v1/health/service/{}", escaped(&name));
        let mut parameters: Vec<(&str, &str)> = config
            .tags
            .iter()
            .map(|tag| ("tag", tag.as_str()))
            .collect();
        parameters.push(("filter", &config.health_filter));
        let mut index = 0;
        let mut ticks = self.ticks();
        loop {
            ticks.tick().await;
            let began = Instant::now();
            let asked = self.blocking(&path, index, &parameters).await;
            self.metrics
                .consul
                .health
                .observe(began.elapsed().as_secs_f64());
            match asked {
                Ok((next, instances)) if next != index => {
                    index = after(index, next);
                    let group = group(&name, datacenter, &config.tag_separator, &instances);
                    let item = News::Instances(name.clone(), Arc::new(group));
                    if news.send(item).await.is_err() {
                        return;
                    }
                }
                Ok(_) => {}
                Err(error) => self.failed(&job, &name, &error, &news).await,
            }
        }
    }
}

/// The prefix of all paths, beginning with a slash where there is one.
fn prefix(path: &str) -> String {
    let path = path.trim_matches('/');
    if path.is_empty() {
        String::new()
    } else {
        format!("/{path}")
    }
}

/// The index to ask behind. One that went back belongs to a server that began anew.
fn after(index: u64, next: u64) -> u64 {
    if next < index { 0 } else { next }
}

fn group(name: &str, datacenter: &str, separator: &str, instances: &Value) -> TargetGroup {
    let mut labels = LabelsBuilder::new();
    labels.set("__meta_consul_service", name);
    labels.set("__meta_consul_dc", datacenter);
    let instances = list(instances, "").iter();
    TargetGroup {
        source: name.to_owned(),
        labels: labels.build(),
        targets: instances
            .map(|instance| target(instance, separator))
            .collect(),
    }
}

fn target(instance: &Value, separator: &str) -> Labels {
    let port = number(instance, "/Service/Port");
    let host = match text(instance, "/Service/Address") {
        own if own.is_empty() => text(instance, "/Node/Address"),
        own => own,
    };
    let mut tags = enclosed(&texts(instance, "/Service/Tags"), separator);
    if tags.is_empty() {
        tags = separator.repeat(2);
    }
    let mut target = Target::new();
    target
        .fields(
            PREFIX,
            instance,
            &[
                ("address", "/Node/Address"),
                ("node", "/Node/Node"),
                ("namespace", "/Service/Namespace"),
                ("partition", "/Service/Partition"),
                ("service_address", "/Service/Address"),
                ("service_id", "/Service/ID"),
            ],
        )
        .set("__meta_consul_tags", &tags)
        .set("__meta_consul_service_port", &port.to_string())
        .set("__meta_consul_health", health(list(instance, "/Checks")))
        .map("__meta_consul_metadata_", instance, "/Node/Meta")
        .map("__meta_consul_service_metadata_", instance, "/Service/Meta")
        .map(
            "__meta_consul_tagged_address_",
            instance,
            "/Node/TaggedAddresses",
        )
        .address(&host_port(&host, port));
    target.labels()
}

/// The worst of an instance's checks; maintenance is worse than all of them.
fn health(checks: &[Value]) -> &'static str {
    let ranked = checks.iter().map(|check| {
        let id = text(check, "/CheckID");
        if id == "_node_maintenance" || id.starts_with("_service_maintenance:") {
            return (4, "maintenance");
        }
        match &*text(check, "/Status") {
            "passing" => (0, "passing"),
            "warning" => (1, "warning"),
            "critical" => (2, "critical"),
            _ => (3, ""),
        }
    });
    ranked.max().map_or("passing", |(_, word)| word)
}
