//! A Kubernetes API server as far as clients that list and watch can tell: pages, watches with
//! bookmarks, events that are forgotten (410), connections that break, rights that are missing
//! (403). It keeps whatever objects it is given and checks none of them.

mod kinds;
mod line;
mod store;
mod watch;

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use serde_json::{Value, json};

use line::{Line, Request};
use store::{Query, Store};

/// The running server; it ends with the value.
pub struct FakeKube {
    shared: Arc<Shared>,
    /// Where it answers.
    pub url: String,
}

struct Shared {
    store: Store,
    ending: AtomicBool,
}

impl FakeKube {
    /// Starts an empty server on a free port.
    ///
    /// # Errors
    /// Where no port is to be had.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            store: Store::default(),
            ending: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.ending.load(Ordering::Relaxed) {
                    return;
                }
                let serving = Arc::clone(&serving);
                if let Ok(stream) = stream {
                    // A connection that breaks is the client's business.
                    std::thread::spawn(move || serving.serve(stream));
                }
            }
        });
        Ok(Self { shared, url })
    }

    /// Makes or replaces an object; its `kind`, `metadata.name` and `metadata.namespace` say
    /// where it belongs.
    ///
    /// # Errors
    /// An object of a kind that the server does not know, or without a name.
    pub fn put(&self, object: Value) -> Result<()> {
        self.shared.store.put(object)
    }

    /// Deletes an object, where there is one.
    ///
    /// # Errors
    /// A kind that the server does not know.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<()> {
        self.shared.store.delete(kind, namespace, name)
    }

    /// From now on a kind may be read, or may not. Watches of it end.
    pub fn refuse(&self, plural: &str, refused: bool) {
        self.shared.store.refuse(plural, refused);
    }

    /// Forgets the events so far: whoever would go on from an earlier one has to list again.
    pub fn forget(&self) {
        self.shared.store.forget();
    }

    /// Breaks all watches off, in the middle of what they are.
    pub fn hang_up(&self) {
        self.shared.store.hang_up();
    }

    /// The objects that clients made, such as events.
    pub fn posted(&self) -> Vec<Value> {
        self.shared.store.posted()
    }

    /// How many lists and watches of each path were asked for, as `list /api/v1/pods`.
    pub fn asked(&self) -> BTreeMap<String, usize> {
        self.shared.store.asked()
    }
}

impl Drop for FakeKube {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::Relaxed);
        self.shared.store.hang_up();
        // Wakes the listener, so that it sees the end.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> Result<()> {
        let mut line = Line::new(stream)?;
        while let Some(request) = line.request()? {
            if self.ending.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.answer(&mut line, &request)?;
        }
        Ok(())
    }

    fn answer(&self, line: &mut Line, request: &Request) -> Result<()> {
        if request.path == "/version" {
            let version = json!({
                "major": "1", "minor": "34", "gitVersion": "v1.34.0", "platform": "linux/amd64",
                "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "gc",
            });
            return line.send(200, &version.to_string());
        }
        let Some((kind, namespace)) = kinds::of_path(&request.path) else {
            return line.send(
                404,
                &status(
                    404,
                    "NotFound",
                    "the server could not find the requested resource",
                ),
            );
        };
        if request.method == "POST" {
            let object: Value = serde_json::from_slice(&request.body)?;
            self.store.post(object.clone());
            return line.send(201, &object.to_string());
        }
        let watching = matches!(request.value("watch"), "1" | "true");
        let way = if watching { "watch" } else { "list" };
        self.store.note(format!("{way} {}", request.path));
        if self.store.is_refused(kind.plural) {
            let message = format!(
                "{} is forbidden: User \"tester\" cannot {way} resource \"{}\" in API group \"\"",
                kind.plural, kind.plural
            );
            return line.send(403, &status(403, "Forbidden", &message));
        }
        if !request.value("sendInitialEvents").is_empty() {
            let message = "sendInitialEvents is forbidden for watch unless the feature is on";
            return line.send(422, &status(422, "Invalid", message));
        }
        let query = Query {
            kind,
            namespace,
            label: request.value("labelSelector").to_owned(),
            field: request.value("fieldSelector").to_owned(),
        };
        if watching {
            return watch::serve(&self.store, line, request, &query);
        }
        let limit = request.value("limit").parse().unwrap_or(usize::MAX);
        line.send(
            200,
            &self.store.list(&query, limit, request.value("continue")),
        )
    }
}

/// What a server says instead of objects.
fn status(code: u16, reason: &str, message: &str) -> String {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    })
    .to_string()
}
