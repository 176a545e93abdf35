//! `eureka_sd_configs`: the applications of a Eureka registry.
//!
//! Format: <https://github.com/Netflix/eureka/wiki/Eureka-REST-operations>, `GET /apps` as XML.

use config::EurekaDiscovery;
use contract::TargetGroup;
use http::header::{ACCEPT, HeaderValue};
use model::Labels;

use crate::ask::{AskError, Server, get};
use crate::fields::{Target, host_port};
use crate::poll::{Source, one_group};
use crate::xml::{self, Element};

const PREFIX: &str = "__meta_eureka_app_instance_";
/// The port of an instance that tells none.
const PORT: i64 = 80;
/// Labels of an instance and the elements that hold their values.
const FIELDS: &[(&str, &str)] = &[
    ("hostname", "hostName"),
    ("homepage_url", "homePageUrl"),
    ("statuspage_url", "statusPageUrl"),
    ("healthcheck_url", "healthCheckUrl"),
    ("ip_addr", "ipAddr"),
    ("vip_address", "vipAddress"),
    ("secure_vip_address", "secureVipAddress"),
    ("status", "status"),
    ("id", "instanceId"),
];

pub(crate) struct EurekaSource {
    url: String,
    server: Server,
}

impl EurekaSource {
    pub(crate) fn new(config: &EurekaDiscovery) -> Self {
        Self {
            url: format!("{}/apps", config.server),
            server: Server::new(&config.asking),
        }
    }
}

impl Source for EurekaSource {
    const NAME: &'static str = "eureka";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let mut request = get(&self.url)?;
        let wanted = HeaderValue::from_static("application/xml");
        request.headers_mut().insert(ACCEPT, wanted);
        let answer = self.server.ask(request).await?.good()?;
        let applications = xml::parse(answer.text()?).map_err(|e| answer.wrong(e.to_string()))?;
        let mut found = Vec::new();
        for application in applications.all("application") {
            let name = application.text_of("name");
            found.extend(
                application
                    .all("instance")
                    .map(|instance| target(name, instance)),
            );
        }
        Ok(one_group("eureka", found))
    }
}

fn target(application: &str, instance: &Element) -> Labels {
    let number = |text: &str| text.parse::<i64>().unwrap_or(0);
    let mut target = Target::new();
    target.set("__meta_eureka_app_name", application);
    for (label, element) in FIELDS {
        target.set(&format!("{PREFIX}{label}"), instance.text_of(element));
    }
    target.set("instance", instance.text_of("instanceId"));
    let country = number(instance.text_of("countryId")).to_string();
    target.set(&format!("{PREFIX}country_id"), &country);
    for (label, element) in [("port", "port"), ("secure_port", "securePort")] {
        if let Some(port) = instance.child(element) {
            let enabled = matches!(
                port.attribute("enabled"),
                "true" | "1" | "t" | "T" | "TRUE" | "True"
            );
            let enabled = if enabled { "true" } else { "false" };
            target.set(&format!("{PREFIX}{label}"), &number(&port.text).to_string());
            target.set(&format!("{PREFIX}{label}_enabled"), enabled);
        }
    }
    if let Some(center) = instance.child("dataCenterInfo") {
        target.set(
            &format!("{PREFIX}datacenterinfo_name"),
            center.text_of("name"),
        );
        if let Some(metadata) = center.child("metadata") {
            map(&mut target, "datacenterinfo_metadata_", metadata);
        }
    }
    if let Some(metadata) = instance.child("metadata") {
        map(&mut target, "metadata_", metadata);
    }
    let port = instance
        .child("port")
        .map_or(PORT, |port| number(&port.text));
    target.address(&host_port(instance.text_of("hostName"), port));
    target.labels()
}

/// A label for each child, its value as it was written.
fn map(target: &mut Target, prefix: &str, of: &Element) {
    for entry in &of.children {
        target.named(&format!("{PREFIX}{prefix}"), &entry.name, &entry.inner);
    }
}
