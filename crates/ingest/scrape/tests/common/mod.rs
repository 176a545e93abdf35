//! A target whose answers the test scripts, and a section that scrapes it.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise, and not each uses all of this"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use contract::memory::MemoryStore;
use contract::{Append, SystemClock, TargetGroup, TargetSink as _};
use model::{Columns, Labels};
use parking_lot::Mutex;
use scrape::{Manager, Options};

#[path = "../../src/fixture.rs"]
mod fixture;

/// See the fixture.
pub fn section(job: &str) -> config::ScrapeConfig {
    fixture::section(job)
}

type Answer = Box<dyn Fn(&Request) -> Response + Send + Sync>;

pub struct Server {
    pub address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    pub requests: Arc<Mutex<Vec<(String, axum::http::HeaderMap)>>>,
}

type Shared = (
    Arc<Mutex<Answer>>,
    Arc<Mutex<Vec<(String, axum::http::HeaderMap)>>>,
);

impl Server {
    pub async fn start(text: &'static str) -> Self {
        let answer: Arc<Mutex<Answer>> = Arc::new(Mutex::new(Box::new(move |_| plain(text))));
        let requests = Arc::default();
        let shared: Shared = (Arc::clone(&answer), Arc::clone(&requests));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(handle).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            address,
            answer,
            requests,
        }
    }

    pub fn say(&self, answer: impl Fn(&Request) -> Response + Send + Sync + 'static) {
        *self.answer.lock() = Box::new(answer);
    }

    pub fn text(&self, text: &'static str) {
        self.say(move |_| plain(text));
    }
}

async fn handle(State((answer, requests)): State<Shared>, request: Request) -> Response {
    let uri = request.uri().to_string();
    requests.lock().push((uri, request.headers().clone()));
    let answer = answer.lock();
    answer(&request)
}

pub fn plain(text: impl Into<axum::body::Body>) -> Response {
    Response::builder()
        .header("content-type", "text/plain; version=0.0.4")
        .body(text.into())
        .unwrap()
}

pub fn status(code: u16) -> Response {
    Response::builder().status(code).body("".into()).unwrap()
}

pub fn manager() -> (Manager, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    let append: Arc<dyn Append> = Arc::clone(&store) as Arc<dyn Append>;
    let manager = Manager::new(append, Arc::new(SystemClock), &Options::default());
    (manager, store)
}

pub fn found(manager: &Manager, job: &str, addresses: &[&str]) {
    let group = TargetGroup {
        source: "0".to_owned(),
        labels: Labels::empty(),
        targets: addresses
            .iter()
            .map(|address| Labels::from_pairs([("__address__", address)]))
            .collect(),
    };
    manager.replace(job, vec![Arc::new(group)]);
}

/// The samples of a metric of one instance; none where there is no such series.
pub fn samples(store: &MemoryStore, metric: &str, instance: &str) -> Columns {
    let is = |labels: &Labels| {
        labels.metric() == Some(metric) && labels.get("instance") == Some(instance)
    };
    let found = store.dump().into_iter().find(|(labels, _)| is(labels));
    found.map(|(_, columns)| columns).unwrap_or_default()
}

/// Waits until something holds; the test's own time is the only limit.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never came true: {what}");
}
