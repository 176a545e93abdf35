//! `azure_sd_configs`: the virtual machines of a subscription, those of scale sets too.
//!
//! A machine is told with its primary network interface, which is asked for by itself and kept
//! for a while. Format: <https://learn.microsoft.com/en-us/rest/api/compute/virtual-machines>.

mod token;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use config::AzureDiscovery;
use contract::TargetGroup;
use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderValue};
use http_client::HttpError;
use model::Labels;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::ask::{Answer, AskError, MAX_PAGES, Server, get};
use crate::fields::{Fields, Target, host_port, list, text};
use crate::metrics::Metrics;
use crate::poll::{Source, one_group};
pub(super) use token::Cloud;
use token::Tokens;

const COMPUTE_VERSION: &str = "2023-09-01";
const NETWORK_VERSION: &str = "2023-09-01";
/// The last version of interfaces within scale sets.
const SCALE_SET_NETWORK_VERSION: &str = "2018-10-01";
/// Interfaces that are asked for at the same time.
const AT_ONCE: usize = 16;
/// Refreshes for which an interface is kept.
const KEPT: u32 = 10;
const PREFIX: &str = "__meta_azure_";
const FIELDS: Fields = &[
    ("machine_id", "/id"),
    ("machine_name", "/name"),
    ("machine_location", "/location"),
    (
        "machine_computer_name",
        "/properties/osProfile/computerName",
    ),
    (
        "machine_os_type",
        "/properties/storageProfile/osDisk/osType",
    ),
    ("machine_size", "/properties/hardwareProfile/vmSize"),
];

pub(crate) struct AzureSource {
    config: AzureDiscovery,
    server: Arc<Server>,
    cloud: Cloud,
    tokens: Tokens,
    metrics: Arc<Metrics>,
    /// Interfaces by identifier, and when they were asked for.
    interfaces: HashMap<String, (Value, Instant)>,
}

/// A machine, and the scale set it belongs to.
struct Machine {
    of: Value,
    scale_set: String,
}

impl AzureSource {
    pub(crate) fn new(config: &AzureDiscovery, metrics: Arc<Metrics>) -> Self {
        let cloud = Cloud::named(&config.environment);
        Self::within(config, metrics, cloud, |name| std::env::var(name).ok())
    }

    pub(super) fn within(
        config: &AzureDiscovery,
        metrics: Arc<Metrics>,
        cloud: Cloud,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Self {
        Self {
            config: config.clone(),
            server: Arc::new(Server::new(&config.asking)),
            tokens: Tokens::new(config, &cloud, environment),
            cloud,
            metrics,
            interfaces: HashMap::new(),
        }
    }

    /// The token as a header.
    async fn authorization(&mut self) -> Result<HeaderValue, AskError> {
        let token = format!("Bearer {}", self.tokens.get(&self.server).await?);
        let header = HeaderValue::try_from(token);
        let mut header = header.map_err(|_| HttpError::Header(AUTHORIZATION.to_string()))?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// All entries of a list that comes in pages.
    async fn listed(&self, token: &HeaderValue, path: &str) -> Result<Vec<Value>, AskError> {
        let manager = &self.cloud.manager;
        let mut url = format!("{manager}{path}?api-version={COMPUTE_VERSION}");
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            let page = asked(&self.server, token, &url).await?.good()?.json()?;
            found.extend_from_slice(list(&page, "/value"));
            match text(&page, "/nextLink") {
                // The token is for this server only.
                next if next.starts_with(&format!("{manager}/")) => url = next.into_owned(),
                _ => return Ok(found),
            }
        }
        Err(AskError::Pages(format!("{manager}{path}")))
    }

    async fn machines(&self, token: &HeaderValue) -> Result<Vec<Machine>, AskError> {
        let subscription = format!("/subscriptions/{}", self.config.subscription);
        let group = match self.config.resource_group.as_str() {
            "" => String::new(),
            name => format!("/resourceGroups/{name}"),
        };
        let compute = format!("{subscription}{group}/providers/Microsoft.Compute");
        let single = self
            .listed(token, &format!("{compute}/virtualMachines"))
            .await?;
        let machine = |scale_set: &str, of| Machine {
            of,
            scale_set: scale_set.to_owned(),
        };
        let mut machines: Vec<_> = single.into_iter().map(|of| machine("", of)).collect();
        for set in self
            .listed(token, &format!("{compute}/virtualMachineScaleSets"))
            .await?
        {
            let (name, group) = (
                text(&set, "/name"),
                resource_group(&text(&set, "/id")).to_owned(),
            );
            let path = format!(
                "{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachineScaleSets/{name}/virtualMachines"
            );
            let members = self.listed(token, &path).await?.into_iter();
            machines.extend(members.map(|of| machine(&name, of)));
        }
        Ok(machines)
    }

    /// Asks for the interfaces that are not known; forgets those that no machine has.
    async fn look_up_interfaces(
        &mut self,
        token: &HeaderValue,
        machines: &[Machine],
    ) -> Result<(), AskError> {
        let wanted: HashMap<String, bool> = machines
            .iter()
            .flat_map(|machine| {
                let in_set = !machine.scale_set.is_empty();
                interfaces_of(machine).map(move |id| (id, in_set))
            })
            .collect();
        let kept = (self.config.asking.refresh_interval * KEPT).max(Duration::from_secs(1));
        self.interfaces
            .retain(|id, (_, since)| wanted.contains_key(id) && since.elapsed() < kept);
        self.metrics
            .azure_cache_hits
            .add(self.interfaces.len() as u64);
        let missing = wanted
            .into_iter()
            .filter(|(id, _)| !self.interfaces.contains_key(id));
        let missing: Vec<_> = missing.collect();
        for batch in missing.chunks(AT_ONCE) {
            let mut running = JoinSet::new();
            for (id, in_set) in batch.iter().cloned() {
                let version = if in_set {
                    SCALE_SET_NETWORK_VERSION
                } else {
                    NETWORK_VERSION
                };
                let url = format!(
                    "{}{id}?api-version={version}&%24expand=IPConfigurations%2FPublicIPAddress",
                    self.cloud.manager
                );
                let (server, token) = (Arc::clone(&self.server), token.clone());
                running.spawn(async move { (id, asked(&server, &token, &url).await) });
            }
            while let Some(done) = running.join_next().await {
                let (id, answer) = done.map_err(|error| AskError::Other(error.to_string()))?;
                let answer = answer?;
                if answer.status == StatusCode::NOT_FOUND {
                    tracing::warn!(interface = %id, "a network interface does not exist");
                    continue;
                }
                let interface = answer.good()?.json()?;
                self.interfaces.insert(id, (interface, Instant::now()));
            }
        }
        Ok(())
    }

    /// The target of a machine; `None` for one that is not running or has no interface.
    fn target(&self, machine: &Machine) -> Result<Option<Labels>, AskError> {
        for id in interfaces_of(machine) {
            let Some((interface, _)) = self.interfaces.get(&id) else {
                return Ok(None);
            };
            let Some(properties) = interface.get("properties") else {
                continue;
            };
            match properties.get("primary").and_then(Value::as_bool) {
                // Machines whose resources were given back have nothing here.
                None => return Ok(None),
                Some(false) => continue,
                Some(true) => {}
            }
            let Some(address) = list(properties, "/ipConfigurations").first() else {
                continue;
            };
            let private = text(address, "/properties/privateIPAddress");
            if private.is_empty() {
                let name = text(&machine.of, "/name");
                return Err(AskError::Other(format!(
                    "the machine {name} has no private address"
                )));
            }
            let mut target = Target::new();
            target
                .fields(PREFIX, &machine.of, FIELDS)
                .map("__meta_azure_machine_tag_", &machine.of, "/tags")
                .set("__meta_azure_subscription_id", &self.config.subscription)
                .set("__meta_azure_tenant_id", &self.config.tenant)
                .set(
                    "__meta_azure_machine_resource_group",
                    resource_group(&text(&machine.of, "/id")),
                )
                .set("__meta_azure_machine_scale_set", &machine.scale_set)
                .set("__meta_azure_machine_private_ip", &private)
                .fields(
                    PREFIX,
                    address,
                    &[(
                        "machine_public_ip",
                        "/properties/publicIPAddress/properties/ipAddress",
                    )],
                )
                .address(&host_port(&private, self.config.asking.port));
            return Ok(Some(target.labels()));
        }
        Ok(None)
    }
}

async fn asked(server: &Server, token: &HeaderValue, url: &str) -> Result<Answer, AskError> {
    let mut request = get(url)?;
    request.headers_mut().insert(AUTHORIZATION, token.clone());
    server.ask(request).await
}

/// The identifiers of a machine's interfaces.
fn interfaces_of(machine: &Machine) -> impl Iterator<Item = String> {
    let interfaces = list(&machine.of, "/properties/networkProfile/networkInterfaces").iter();
    interfaces.map(|interface| text(interface, "/id").into_owned())
}

/// The resource group that stands in an identifier.
fn resource_group(id: &str) -> &str {
    let mut parts = id.split('/');
    let found = parts.find(|part| part.eq_ignore_ascii_case("resourceGroups"));
    found.and_then(|_| parts.next()).unwrap_or("")
}

impl Source for AzureSource {
    const NAME: &'static str = "azure";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let token = self.authorization().await?;
        let machines = self.machines(&token).await?;
        self.look_up_interfaces(&token, &machines).await?;
        let mut found = Vec::new();
        for machine in &machines {
            found.extend(self.target(machine)?);
        }
        Ok(one_group("azure", found))
    }
}
