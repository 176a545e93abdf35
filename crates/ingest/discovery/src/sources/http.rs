//! `http_sd_configs`: a server that lists target groups as target files do.
//!
//! Format: <https://prometheus.io/docs/prometheus/latest/http_sd/>.

use config::HttpDiscovery;
use contract::TargetGroup;
use http::StatusCode;
use model::LabelsBuilder;

use crate::ask::{Answer, AskError, Server, get};
use crate::format::FileGroup;
use crate::poll::Source;
use crate::static_groups::addresses;

/// The label that holds the URL a target was found at.
const URL: &str = "__meta_url";

pub(crate) struct HttpSource {
    url: String,
    /// Told to the server in seconds.
    interval: String,
    server: Server,
}

impl HttpSource {
    pub(crate) fn new(config: &HttpDiscovery) -> Self {
        Self {
            url: config.url.clone(),
            interval: config.asking.refresh_interval.as_secs_f64().to_string(),
            server: Server::new(&config.asking),
        }
    }
}

impl Source for HttpSource {
    const NAME: &'static str = "http";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let mut request = get(&self.url)?;
        let interval = self.interval.parse();
        let interval = interval.map_err(|_| AskError::Url(self.interval.clone()))?;
        let headers = request.headers_mut();
        headers.insert("x-prometheus-refresh-interval-seconds", interval);
        let answer = self.server.ask(request).await?.good()?;
        if answer.status != StatusCode::OK {
            return Err(answer.wrong(format!("server returned HTTP status {}", answer.status)));
        }
        groups(&self.url, &answer)
    }
}

/// Whether an answer says that it is JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    let lower = content_type.trim().to_ascii_lowercase();
    let Some((kind, parameter)) = lower.split_once(';') else {
        return lower == "application/json";
    };
    let parameter = parameter.trim_start();
    kind == "application/json" && matches!(parameter, "charset=utf-8" | "charset=\"utf-8\"")
}

fn groups(url: &str, answer: &Answer) -> Result<Vec<TargetGroup>, AskError> {
    let content_type = answer.header("content-type");
    if !is_json(content_type) {
        return Err(answer.wrong(format!("unsupported content type {content_type:?}")));
    }
    let listed: Option<Vec<FileGroup>> =
        serde_json::from_slice(&answer.body).map_err(|error| answer.wrong(error.to_string()))?;
    let listed = listed.unwrap_or_default().into_iter().enumerate();
    listed
        .map(|(index, group)| {
            if group.labels.contains_key("") {
                return Err(answer.wrong(format!("group {index}: \"\" is not a valid label name")));
            }
            let mut labels = LabelsBuilder::new();
            for (name, value) in &group.labels {
                labels.set(name, value);
            }
            labels.set(URL, url);
            Ok(TargetGroup {
                source: format!("{url}:{index}"),
                labels: labels.build(),
                targets: addresses(&group.targets),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_json() {
        for (text, want) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/json; charset=latin1", false),
            ("text/plain", false),
            ("", false),
        ] {
            assert_eq!(is_json(text), want, "{text}");
        }
    }
}
