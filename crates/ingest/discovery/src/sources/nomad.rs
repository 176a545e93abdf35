//! `nomad_sd_configs`: the services of a Nomad cluster.
//!
//! Format: <https://developer.hashicorp.com/nomad/api-docs/services>.

use config::NomadDiscovery;
use contract::TargetGroup;

use crate::ask::{AskError, Server, escaped, with_parameters};
use crate::fields::{Target, enclosed, host_port, list, number, text, texts};
use crate::poll::{Source, one_group};

pub(crate) struct NomadSource {
    config: NomadDiscovery,
    server: Server,
}

impl NomadSource {
    pub(crate) fn new(config: &NomadDiscovery) -> Self {
        Self {
            config: config.clone(),
            server: Server::new(&config.asking),
        }
    }

    fn url(&self, path: &str) -> String {
        let config = &self.config;
        let url = format!("{}/v1/{path}", config.server.trim_end_matches('/'));
        let parameters = [
            ("namespace", config.namespace.as_str()),
            ("region", &config.region),
        ];
        let url = with_parameters(&url, &parameters);
        if config.allow_stale {
            let mark = if url.contains('?') { '&' } else { '?' };
            return format!("{url}{mark}stale=");
        }
        url
    }
}

impl Source for NomadSource {
    const NAME: &'static str = "nomad";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let namespaces = self.server.get(&self.url("services")).await?;
        let services = list(&namespaces, "").iter();
        let mut found = Vec::new();
        for service in services.flat_map(|namespace| list(namespace, "/Services")) {
            let name = text(service, "/ServiceName");
            let url = self.url(&format!("service/{}", escaped(&name)));
            let instances = self.server.get(&url).await?;
            for instance in list(&instances, "") {
                let port = number(instance, "/Port").to_string();
                let tags = enclosed(&texts(instance, "/Tags"), &self.config.tag_separator);
                let mut target = Target::new();
                target
                    .fields(
                        "__meta_nomad_",
                        instance,
                        &[
                            ("address", "/Address"),
                            ("dc", "/Datacenter"),
                            ("namespace", "/Namespace"),
                            ("node_id", "/NodeID"),
                            ("service", "/ServiceName"),
                            ("service_address", "/Address"),
                            ("service_id", "/ID"),
                        ],
                    )
                    .set("__meta_nomad_service_port", &port)
                    .set("__meta_nomad_tags", &tags)
                    .address(&host_port(&text(instance, "/Address"), &port));
                found.push(target.labels());
            }
        }
        Ok(one_group("Nomad", found))
    }
}
