//! `gce_sd_configs`: the instances of a zone of Google's Compute Engine.
//!
//! Format: <https://cloud.google.com/compute/docs/reference/rest/v1/instances/list>.

mod token;

use config::GceDiscovery;
use contract::TargetGroup;
use http::header::{AUTHORIZATION, HeaderValue};
use http_client::HttpError;
use model::Labels;
use serde_json::Value;

use crate::ask::{AskError, MAX_PAGES, Server, escaped, get, with_parameters};
use crate::fields::{Fields, Target, enclosed, list, text, texts};
use crate::poll::{Source, one_group};
use token::Tokens;

pub(super) const URL: &str = "https://compute.googleapis.com/compute/v1";
const PREFIX: &str = "__meta_gce_";
const FIELDS: Fields = &[
    ("zone", "/zone"),
    ("instance_id", "/id"),
    ("instance_name", "/name"),
    ("instance_status", "/status"),
    ("machine_type", "/machineType"),
    ("network", "/networkInterfaces/0/network"),
    ("subnetwork", "/networkInterfaces/0/subnetwork"),
    ("private_ip", "/networkInterfaces/0/networkIP"),
];

pub(crate) struct GceSource {
    config: GceDiscovery,
    server: Server,
    tokens: Tokens,
    url: String,
}

impl GceSource {
    pub(crate) fn new(config: &GceDiscovery, url: &str) -> Self {
        Self::within(config, url, |name| std::env::var(name).ok())
    }

    /// The same with another environment.
    pub(super) fn within(
        config: &GceDiscovery,
        url: &str,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Self {
        Self {
            server: Server::new(&config.asking),
            tokens: Tokens::new(environment),
            url: format!(
                "{url}/projects/{}/zones/{}/instances",
                escaped(&config.project),
                escaped(&config.zone)
            ),
            config: config.clone(),
        }
    }

    fn target(&self, instance: &Value) -> Option<Labels> {
        let interfaces = list(instance, "/networkInterfaces");
        let first = interfaces.first()?;
        let config = &self.config;
        let tags = texts(instance, "/tags/items");
        let mut target = Target::new();
        target
            .fields(PREFIX, instance, FIELDS)
            .map("__meta_gce_label_", instance, "/labels")
            .tags(
                "__meta_gce_metadata_",
                instance,
                "/metadata/items",
                ("/key", "/value"),
            )
            .set("__meta_gce_project", &config.project)
            .set("__meta_gce_tags", &enclosed(&tags, &config.tag_separator))
            .address(&format!(
                "{}:{}",
                text(first, "/networkIP"),
                config.asking.port
            ));
        for interface in interfaces {
            let prefix = "__meta_gce_interface_ipv4_";
            target.named(
                prefix,
                &text(interface, "/name"),
                &text(interface, "/networkIP"),
            );
        }
        if text(first, "/accessConfigs/0/type") == "ONE_TO_ONE_NAT" {
            target.fields(PREFIX, first, &[("public_ip", "/accessConfigs/0/natIP")]);
        }
        Some(target.labels())
    }
}

impl Source for GceSource {
    const NAME: &'static str = "gce";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let mut found = Vec::new();
        let mut next = String::new();
        for _ in 0..MAX_PAGES {
            let parameters = [
                ("filter", self.config.filter.as_str()),
                ("pageToken", &next),
            ];
            let mut request = get(&with_parameters(&self.url, &parameters))?;
            let token = format!("Bearer {}", self.tokens.get(&self.server).await?);
            let mut token = HeaderValue::try_from(token)
                .map_err(|_| HttpError::Header(AUTHORIZATION.to_string()))?;
            token.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, token);
            let page = self.server.json(request).await?;
            found.extend(
                list(&page, "/items")
                    .iter()
                    .filter_map(|one| self.target(one)),
            );
            next = text(&page, "/nextPageToken").into_owned();
            if next.is_empty() {
                let source = format!("GCE_{}_{}", self.config.project, self.config.zone);
                return Ok(one_group(&source, found));
            }
        }
        Err(AskError::Pages(self.url.clone()))
    }
}
