//! The instances of Lightsail.
//!
//! Format: <https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_GetInstances.html>.

use config::AwsDiscovery;
use contract::TargetGroup;
use serde_json::json;

use super::{Aws, Service, TAG};
use crate::ask::{AskError, MAX_PAGES};
use crate::fields::{Target, enclosed, host_port, list, text, texts};
use crate::poll::{Source, one_group};

const PREFIX: &str = "__meta_lightsail_";
const SEPARATOR: &str = ",";

pub(crate) struct LightsailSource {
    aws: Aws,
    service: Service,
    port: i64,
}

impl LightsailSource {
    pub(crate) fn new(config: &AwsDiscovery) -> Self {
        Self {
            aws: Aws::new(config),
            service: Service::new("lightsail", &config.endpoint),
            port: config.asking.port,
        }
    }
}

impl Source for LightsailSource {
    const NAME: &'static str = "lightsail";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        self.aws.find_region().await?;
        let mut found = Vec::new();
        let mut body = json!({});
        for _ in 0..MAX_PAGES {
            let action = "Lightsail_20161128.GetInstances";
            let page = self.aws.json(&self.service, action, &body).await?;
            for instance in list(&page, "/instances") {
                let private = text(instance, "/privateIpAddress");
                if private.is_empty() {
                    continue;
                }
                let ipv6 = enclosed(&texts(instance, "/ipv6Addresses"), SEPARATOR);
                let mut target = Target::new();
                target
                    .fields(
                        PREFIX,
                        instance,
                        &[
                            ("availability_zone", "/location/availabilityZone"),
                            ("blueprint_id", "/blueprintId"),
                            ("bundle_id", "/bundleId"),
                            ("instance_name", "/name"),
                            ("instance_state", "/state/name"),
                            ("instance_support_code", "/supportCode"),
                            ("private_ip", "/privateIpAddress"),
                            ("public_ip", "/publicIpAddress"),
                        ],
                    )
                    .tags("__meta_lightsail_tag_", instance, "/tags", TAG)
                    .set("__meta_lightsail_region", &self.aws.region)
                    .set("__meta_lightsail_ipv6_addresses", &ipv6)
                    .address(&host_port(&private, self.port));
                found.push(target.labels());
            }
            match text(&page, "/nextPageToken") {
                end if end.is_empty() => return Ok(one_group(&self.aws.region, found)),
                next => body = json!({"pageToken": next}),
            }
        }
        Err(AskError::Pages("GetInstances".to_owned()))
    }
}
