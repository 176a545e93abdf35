//! `kuma_sd_configs`: the data planes of a Kuma mesh.
//!
//! The control plane assigns what is to be monitored (MADS v1, over xDS' REST form): a question
//! names the version that is known, and is answered when there is another one, or with 304.
//! Format: <https://kuma.io/docs/latest/policies/traffic-metrics/>.

use config::KumaDiscovery;
use contract::TargetGroup;
use http::StatusCode;
use model::Labels;
use serde_json::{Value, json};

use crate::ask::{AskError, JSON, Server, post, with_parameters};
use crate::fields::{Target, list, text};
use crate::poll::{Source, one_group};

const TYPE: &str = "type.googleapis.com/kuma.observability.v1.MonitoringAssignment";
/// How long an answer may take beyond the time that the server may wait.
const GRACE: std::time::Duration = std::time::Duration::from_secs(15);

pub(crate) struct KumaSource {
    url: String,
    client_id: String,
    server: Server,
    version: String,
    nonce: String,
    known: Vec<Labels>,
}

impl KumaSource {
    pub(crate) fn new(config: &KumaDiscovery) -> Self {
        let wait = format!("{}ms", config.fetch_timeout.as_millis());
        let server = config.server.trim_end_matches('/');
        let url = format!("{server}/v3/discovery:monitoringassignments");
        let client_id = match config.client_id.as_str() {
            "" => this_machine(),
            given => given.to_owned(),
        };
        Self {
            url: with_parameters(&url, &[("fetch-timeout", &wait)]),
            client_id,
            server: Server::new(&config.asking).patient(config.fetch_timeout + GRACE),
            version: String::new(),
            nonce: String::new(),
            known: Vec::new(),
        }
    }
}

/// The name of this machine.
fn this_machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "prometheus".to_owned(),
        name => name.to_owned(),
    }
}

impl Source for KumaSource {
    const NAME: &'static str = "kuma";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let mut question = json!({"node": {"id": self.client_id}, "type_url": TYPE});
        for (key, value) in [
            ("version_info", &self.version),
            ("response_nonce", &self.nonce),
        ] {
            if let Some(map) = question.as_object_mut().filter(|_| !value.is_empty()) {
                map.insert(key.to_owned(), Value::String(value.clone()));
            }
        }
        let answer = self
            .server
            .ask(post(&self.url, JSON, question.to_string())?)
            .await?;
        if answer.status != StatusCode::NOT_MODIFIED {
            let answer = answer.good()?;
            let said = answer.json()?;
            let kind = either(&said, "/typeUrl", "/type_url");
            if kind != TYPE {
                return Err(answer.wrong(format!("resources of the unknown type {kind:?}")));
            }
            self.known = list(&said, "/resources").iter().flat_map(targets).collect();
            self.version = either(&said, "/versionInfo", "/version_info");
            self.nonce = text(&said, "/nonce").into_owned();
        }
        Ok(one_group("kuma", self.known.clone()))
    }
}

/// A text that either name may hold: both are forms of the same field.
fn either(of: &Value, first: &str, second: &str) -> String {
    match text(of, first) {
        found if found.is_empty() => text(of, second).into_owned(),
        found => found.into_owned(),
    }
}

/// The targets of an assignment.
fn targets(assignment: &Value) -> Vec<Labels> {
    let of = |target: &Value| {
        let mut labels = Target::new();
        labels
            .map("__meta_kuma_label_", target, "/labels")
            .map("__meta_kuma_label_", assignment, "/labels")
            .fields(
                "__meta_kuma_",
                assignment,
                &[("mesh", "/mesh"), ("service", "/service")],
            )
            .fields("__meta_kuma_", target, &[("dataplane", "/name")])
            .fields(
                "",
                target,
                &[("instance", "/name"), ("__scheme__", "/scheme")],
            )
            .set(
                "__metrics_path__",
                &either(target, "/metricsPath", "/metrics_path"),
            )
            .address(&text(target, "/address"));
        labels.labels()
    };
    list(assignment, "/targets").iter().map(of).collect()
}
