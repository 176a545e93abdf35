//! Events: what Kubernetes' own tools show of an object.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kubernetes::{Api, Meta};
use serde_json::json;

use crate::objects::Kind;

/// Longest text of an event that a server takes.
const MAX_MESSAGE_BYTES: usize = 1024;
/// Problems that are remembered as told; beyond it all are forgotten, and told again.
const MAX_TOLD: usize = 10_000;

/// Tells a server of what is wrong with its objects, each problem once.
#[derive(Default)]
pub(crate) struct Events {
    told: BTreeSet<(Kind, String, String)>,
}

impl Events {
    /// Tells of a problem. That a server does not want to hear it is no harm.
    pub(crate) async fn tell(&mut self, api: &Api, kind: Kind, meta: &Meta, problem: &str) {
        let key = (kind, meta.key().to_string(), problem.to_owned());
        if self.told.len() >= MAX_TOLD {
            self.told.clear();
        }
        if !self.told.insert(key) {
            return;
        }
        let now = Timestamp::now();
        let mut message = problem.to_owned();
        while message.len() > MAX_MESSAGE_BYTES {
            message.pop();
        }
        let name = format!("{}.{:x}", meta.name, now.as_nanosecond());
        let time = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let event = json!({
            "kind": "Event", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": meta.namespace.as_str()},
            "involvedObject": {
                "kind": kind.name(), "apiVersion": kind.version(), "name": meta.name.as_str(),
                "namespace": meta.namespace.as_str(), "uid": meta.uid.as_str(),
            },
            "reason": "InvalidConfiguration", "message": message, "type": "Warning",
            "source": {"component": "argand"}, "count": 1,
            "firstTimestamp": time, "lastTimestamp": time,
        });
        let path = format!("/api/v1/namespaces/{}/events", meta.namespace);
        if let Err(error) = api.create(&path, event.to_string()).await {
            tracing::debug!(%error, "the server takes no event");
        }
    }
}
