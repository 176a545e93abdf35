//! Keeps objects as a server has them: a list, then a watch, then a watch from where that ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http_client::within;
use serde::Deserialize;

use crate::api::{Api, Resource, Status};
use crate::backoff::{Backoff, jittered};
use crate::kept::{Kept, Objects};
use crate::lines::Lines;
use crate::metrics::Metrics;
use crate::{KubernetesError, Object, Text};

/// How long a watch lasts, up to a half shorter or longer: a connection that died unnoticed costs
/// no more than this.
const WATCH: Duration = Duration::from_secs(400);
/// How long behind its end a watch is waited for.
const GRACE: Duration = Duration::from_secs(30);
/// A watch that ended sooner than this counts as one that failed, or a server that ends each at
/// once would be asked without a pause.
const SHORTEST: Duration = Duration::from_secs(1);
/// A trouble that goes on is told again after this time.
const REMIND: Duration = Duration::from_secs(300);

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: PageMeta,
    /// `null` where there is nothing.
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageMeta {
    resource_version: String,
    r#continue: String,
}

#[derive(Deserialize)]
struct Event<T> {
    r#type: String,
    object: T,
}

/// Follows one resource for ever.
pub(crate) struct Reflector<T> {
    pub(crate) api: Arc<Api>,
    pub(crate) resource: Resource,
    pub(crate) kept: Arc<Kept<T>>,
    pub(crate) metrics: Arc<Metrics>,
}

impl<T: Object> Reflector<T> {
    pub(crate) async fn run(self) {
        let mut backoff = Backoff::default();
        let mut told = None;
        loop {
            let Err(error) = self.list_and_watch(&mut backoff).await;
            if error.is_expired() {
                // Nothing is wrong: the server has forgotten the time of the last event.
                tracing::debug!(resource = %self.resource.path(), "listing all objects again");
            } else {
                self.report(&error, &mut told);
            }
            tokio::time::sleep(backoff.next()).await;
        }
    }

    /// Ends only by an error that a new list may cure.
    async fn list_and_watch(
        &self,
        backoff: &mut Backoff,
    ) -> Result<std::convert::Infallible, KubernetesError> {
        let mut version = self.list().await?;
        backoff.reset();
        let mut told = None;
        loop {
            let began = Instant::now();
            match self.watch(&mut version).await {
                Ok(()) if began.elapsed() >= SHORTEST => backoff.reset(),
                Ok(()) => tokio::time::sleep(backoff.next()).await,
                Err(error @ KubernetesError::Refused { .. }) => return Err(error),
                Err(error @ KubernetesError::Answer(_)) => return Err(error),
                Err(error) => {
                    // What is known is still good up to `version`.
                    self.report(&error, &mut told);
                    tokio::time::sleep(backoff.next()).await;
                }
            }
        }
    }

    /// Reads all objects, a page at a time; answers where a watch may go on.
    async fn list(&self) -> Result<String, KubernetesError> {
        let mut objects = Objects::default();
        let mut from = String::new();
        loop {
            let bytes = self.api.page(&self.resource, &from).await?;
            // Megabytes of JSON would hold up whatever else this thread has to do.
            let page = tokio::task::spawn_blocking(move || read_page::<T>(&bytes));
            let (page, read) = page.await.map_err(|e| {
                use serde::de::Error as _;
                serde_json::Error::custom(e.to_string())
            })??;
            objects.extend(read);
            if page.r#continue.is_empty() {
                self.kept.replace(objects);
                self.recover();
                return Ok(page.resource_version);
            }
            from = page.r#continue;
        }
    }

    /// Follows changes until the server ends the watch.
    async fn watch(&self, version: &mut String) -> Result<(), KubernetesError> {
        let length = jittered(WATCH);
        let patience = tokio::time::Instant::now() + length + GRACE;
        let mut response = self.api.watch(&self.resource, version, length).await?;
        self.recover();
        let mut lines = Lines::default();
        loop {
            let left = patience.saturating_duration_since(tokio::time::Instant::now());
            let Some(piece) = within(left, response.piece()).await? else {
                return Ok(());
            };
            lines.take(&piece, |line| self.event(line, version))?;
        }
    }

    fn event(&self, line: &[u8], version: &mut String) -> Result<(), KubernetesError> {
        let event: Event<T> = match serde_json::from_slice(line) {
            Ok(Event { r#type, .. }) if r#type == "ERROR" => return Err(refusal(line)?),
            Ok(event) => event,
            Err(error) => return Err(refusal(line).unwrap_or(error.into())),
        };
        let mut object = event.object;
        let meta = object.meta_mut();
        let now = std::mem::take(&mut meta.resource_version);
        if !now.is_empty() {
            *version = now;
        }
        let key = meta.key();
        match event.r#type.as_str() {
            "ADDED" | "MODIFIED" => self.kept.put(key, object),
            "DELETED" => self.kept.remove(&key),
            // A bookmark says how far the server is, and nothing else.
            _ => {}
        }
        Ok(())
    }

    fn recover(&self) {
        if self.kept.recovered() {
            tracing::info!(server = self.api.server(), resource = %self.resource.path(), "Kubernetes answers again");
        }
    }

    fn report(&self, error: &KubernetesError, told: &mut Option<Instant>) {
        self.metrics.failures.inc();
        let news = self.kept.failed(error.to_string());
        if news || told.is_none_or(|told| told.elapsed() >= REMIND) {
            *told = Some(Instant::now());
            tracing::warn!(
                server = self.api.server(),
                resource = %self.resource.path(),
                %error,
                "objects of Kubernetes cannot be listed or watched; what is known of them stays"
            );
        }
    }
}

type Read<T> = (PageMeta, Vec<(Text, Arc<T>)>);

fn read_page<T: Object>(bytes: &[u8]) -> Result<Read<T>, serde_json::Error> {
    let page: Page<T> = serde_json::from_slice(bytes)?;
    let read = page.items.into_iter().flatten().map(|mut object| {
        let meta = object.meta_mut();
        meta.resource_version = String::new();
        (meta.key(), Arc::new(object))
    });
    Ok((page.metadata, read.collect()))
}

/// What an event of the type `ERROR` says.
fn refusal(line: &[u8]) -> Result<KubernetesError, KubernetesError> {
    let event: Event<Status> = serde_json::from_slice(line)?;
    if event.r#type != "ERROR" {
        use serde::de::Error as _;
        return Err(serde_json::Error::custom("neither an object nor an error").into());
    }
    Ok(event.object.into())
}
