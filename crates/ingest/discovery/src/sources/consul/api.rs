//! Asking Consul, and telling what it answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use config::ConsulDiscovery;
use http::Request;
use serde_json::Value;
use tokio::sync::{OnceCell, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::News;
use super::target::group;
use crate::ask::{AskError, Server, escaped, get, set_secret};
use crate::fields::{text, texts};
use crate::metrics::Metrics;

/// How long Consul may wait for a change.
const WAIT: Duration = Duration::from_secs(120);
/// How long an answer may take beyond that.
const GRACE: Duration = Duration::from_secs(15);
/// Longest pause after a failure.
const RETRY: Duration = Duration::from_secs(15);

/// Consul as a section describes it.
pub(super) struct Consul {
    config: ConsulDiscovery,
    server: Server,
    /// In front of the paths of its API.
    url: String,
    own_datacenter: OnceCell<String>,
    metrics: Arc<Metrics>,
}

impl Consul {
    pub(super) fn new(config: &ConsulDiscovery, metrics: Arc<Metrics>) -> Self {
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
    pub(super) async fn list(self: Arc<Self>, job: String, news: mpsc::Sender<News>) {
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
    pub(super) async fn follow(
        self: Arc<Self>,
        job: String,
        name: String,
        news: mpsc::Sender<News>,
    ) {
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
