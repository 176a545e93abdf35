//! The instances of EC2.
//!
//! Format: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>.

use std::collections::HashMap;

use config::AwsDiscovery;
use contract::TargetGroup;
use model::Labels;
use serde_json::Value;

use super::{Aws, Service, TAG, numbered};
use crate::ask::{AskError, MAX_PAGES};
use crate::fields::{Fields, Target, enclosed, host_port, list, text};
use crate::poll::{Source, one_group};

const PREFIX: &str = "__meta_ec2_";
/// Between, before and behind the parts of lists; it is not configured.
const SEPARATOR: &str = ",";
/// Most network interfaces of an instance whose place is kept in a list.
const MAX_INTERFACES: usize = 1024;
const FIELDS: Fields = &[
    ("ami", "/imageId"),
    ("architecture", "/architecture"),
    ("availability_zone", "/placement/availabilityZone"),
    ("instance_id", "/instanceId"),
    ("instance_lifecycle", "/instanceLifecycle"),
    ("instance_state", "/instanceState/name"),
    ("instance_type", "/instanceType"),
    ("platform", "/platform"),
    ("private_dns_name", "/privateDnsName"),
    ("private_ip", "/privateIpAddress"),
];

pub(crate) struct Ec2Source {
    aws: Aws,
    service: Service,
    filters: Vec<(String, String)>,
    port: i64,
    /// Identifiers of the availability zones by name, as this account sees them.
    zones: Option<HashMap<String, String>>,
}

impl Ec2Source {
    pub(crate) fn new(config: &AwsDiscovery, filters: &[(String, Vec<String>)]) -> Self {
        let mut parameters = Vec::new();
        for (index, (name, values)) in filters.iter().enumerate() {
            let filter = format!("Filter.{}", index + 1);
            parameters.push((format!("{filter}.Name"), name.clone()));
            parameters.extend(numbered(&format!("{filter}.Value"), values));
        }
        Self {
            aws: Aws::new(config),
            service: Service::new("ec2", &config.endpoint),
            filters: parameters,
            port: config.asking.port,
            zones: None,
        }
    }

    /// Looks up the zones, once. Whoever may list instances may not always list zones: then the
    /// label is left out.
    async fn look_up_zones(&mut self) {
        if self.zones.is_some() {
            return;
        }
        match self
            .aws
            .ec2(&self.service, "DescribeAvailabilityZones", &[])
            .await
        {
            Ok(answer) => {
                let zones = list(&answer, "/availabilityZoneInfo").iter();
                let zones = zones.map(|zone| {
                    let text = |pointer| text(zone, pointer).into_owned();
                    (text("/zoneName"), text("/zoneId"))
                });
                self.zones = Some(zones.collect());
            }
            Err(error) => tracing::debug!(%error, "availability zones not described"),
        }
    }

    fn target(&self, reservation: &Value, instance: &Value) -> Option<Labels> {
        let addresses = Addresses::of(instance);
        let private = text(instance, "/privateIpAddress");
        let host = if private.is_empty() {
            addresses.first()?
        } else {
            &private
        };
        let mut target = Target::new();
        target
            .fields(PREFIX, instance, FIELDS)
            .fields(PREFIX, reservation, &[("owner_id", "/ownerId")])
            .tags("__meta_ec2_tag_", instance, "/tagSet", TAG)
            .set("__meta_ec2_region", &self.aws.region)
            .set(
                "__meta_ec2_default_ipv6_address",
                addresses.first().unwrap_or(""),
            )
            .set(
                "__meta_ec2_ipv6_addresses",
                &enclosed(&addresses.all, SEPARATOR),
            )
            .set(
                "__meta_ec2_primary_ipv6_addresses",
                &enclosed(&addresses.primary, SEPARATOR),
            )
            .address(&host_port(host, self.port));
        let zone = text(instance, "/placement/availabilityZone");
        let id = self.zones.as_ref().and_then(|zones| zones.get(&*zone));
        target.set(
            "__meta_ec2_availability_zone_id",
            id.map_or("", String::as_str),
        );
        if !text(instance, "/ipAddress").is_empty() {
            let public = &[("public_ip", "/ipAddress"), ("public_dns_name", "/dnsName")];
            target.fields(PREFIX, instance, public);
        }
        if !text(instance, "/vpcId").is_empty() {
            let mut subnets = Vec::new();
            for interface in list(instance, "/networkInterfaceSet") {
                let subnet = text(interface, "/subnetId");
                if !subnet.is_empty() && !subnets.contains(&subnet) {
                    subnets.push(subnet);
                }
            }
            let mut subnets = enclosed(&subnets, SEPARATOR);
            if subnets.is_empty() {
                subnets = SEPARATOR.repeat(2);
            }
            target
                .fields(
                    PREFIX,
                    instance,
                    &[("vpc_id", "/vpcId"), ("primary_subnet_id", "/subnetId")],
                )
                .set("__meta_ec2_subnet_id", &subnets);
        }
        Some(target.labels())
    }
}

/// The IPv6 addresses of an instance within a VPC.
#[derive(Default)]
struct Addresses {
    all: Vec<String>,
    /// By the number of the interface; empty where one has none.
    primary: Vec<String>,
}

impl Addresses {
    fn of(instance: &Value) -> Self {
        let mut addresses = Self::default();
        if text(instance, "/vpcId").is_empty() {
            return addresses;
        }
        for interface in list(instance, "/networkInterfaceSet") {
            if text(interface, "/subnetId").is_empty() {
                continue;
            }
            let place = text(interface, "/attachment/deviceIndex")
                .parse()
                .unwrap_or(0);
            for entry in list(interface, "/ipv6AddressesSet") {
                let address = text(entry, "/ipv6Address");
                addresses.all.push(address.clone().into_owned());
                if text(entry, "/isPrimaryIpv6") == "true" && place < MAX_INTERFACES {
                    let needed = addresses.primary.len().max(place + 1);
                    addresses.primary.resize(needed, String::new());
                    if let Some(primary) = addresses.primary.get_mut(place) {
                        *primary = address.into_owned();
                    }
                }
            }
        }
        addresses
    }

    /// A primary one where there is any.
    fn first(&self) -> Option<&str> {
        let mut each = self.primary.iter().chain(&self.all);
        each.find(|address| !address.is_empty()).map(String::as_str)
    }
}

impl Source for Ec2Source {
    const NAME: &'static str = "ec2";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        self.aws.find_region().await?;
        self.look_up_zones().await;
        let mut found = Vec::new();
        let mut parameters = self.filters.clone();
        for _ in 0..MAX_PAGES {
            let page = self
                .aws
                .ec2(&self.service, "DescribeInstances", &parameters)
                .await?;
            for reservation in list(&page, "/reservationSet") {
                let instances = list(reservation, "/instancesSet").iter();
                found.extend(instances.filter_map(|instance| self.target(reservation, instance)));
            }
            let next = text(&page, "/nextToken");
            if next.is_empty() {
                return Ok(one_group(&self.aws.region, found));
            }
            parameters.clone_from(&self.filters);
            parameters.push(("NextToken".to_owned(), next.into_owned()));
        }
        Err(AskError::Pages("DescribeInstances".to_owned()))
    }
}
