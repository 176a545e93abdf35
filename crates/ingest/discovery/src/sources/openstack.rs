//! `openstack_sd_configs`: instances, hypervisors or load balancers of an OpenStack cloud.
//!
//! Each refresh logs in anew (Keystone, version 3) and asks the services that the catalog names.
//! Format: <https://docs.openstack.org/api-quick-start/>.

use std::collections::{HashMap, HashSet};

use config::{OpenStackDiscovery, OpenStackRole, Secret};
use contract::TargetGroup;
use model::Labels;
use serde_json::{Value, json};

use crate::ask::{AskError, JSON, MAX_PAGES, Server, get, post, set_secret};
use crate::fields::{Fields, Target, host_port, list, number, text, texts};
use crate::poll::{Source, one_group};

const PREFIX: &str = "__meta_openstack_";
const HYPERVISOR: Fields = &[
    ("hypervisor_id", "/id"),
    ("hypervisor_hostname", "/hypervisor_hostname"),
    ("hypervisor_host_ip", "/host_ip"),
    ("hypervisor_status", "/status"),
    ("hypervisor_state", "/state"),
    ("hypervisor_type", "/hypervisor_type"),
];
const INSTANCE: Fields = &[
    ("instance_id", "/id"),
    ("instance_status", "/status"),
    ("instance_name", "/name"),
    ("instance_image", "/image/id"),
    ("project_id", "/tenant_id"),
    ("user_id", "/user_id"),
];
const LOAD_BALANCER: Fields = &[
    ("loadbalancer_id", "/id"),
    ("loadbalancer_name", "/name"),
    ("loadbalancer_operating_status", "/operating_status"),
    ("loadbalancer_provisioning_status", "/provisioning_status"),
    ("loadbalancer_availability_zone", "/availability_zone"),
    ("loadbalancer_vip", "/vip_address"),
    ("loadbalancer_provider", "/provider"),
    ("project_id", "/project_id"),
];
/// The protocol of listeners that tell of a load balancer itself.
const PROMETHEUS: &str = "PROMETHEUS";

pub(crate) struct OpenStackSource {
    config: OpenStackDiscovery,
    server: Server,
}

/// A login that is good for one refresh.
struct Session<'a> {
    source: &'a OpenStackSource,
    token: String,
    catalog: Value,
}

impl OpenStackSource {
    pub(crate) fn new(config: &OpenStackDiscovery) -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        Self {
            server: Server::new(&config.asking),
            config: with_environment(config.clone(), variable),
        }
    }

    async fn log_in(&self) -> Result<Session<'_>, AskError> {
        let base = self.config.identity_endpoint.trim_end_matches('/');
        let version = if base.ends_with("/v3") { "" } else { "/v3" };
        let question = login(&self.config).to_string();
        let request = post(&format!("{base}{version}/auth/tokens"), JSON, question)?;
        let answer = self.server.ask(request).await?.good()?;
        let token = answer.header("x-subject-token").to_owned();
        if token.is_empty() {
            return Err(answer.wrong("the answer has no X-Subject-Token"));
        }
        Ok(Session {
            source: self,
            token,
            catalog: answer.json()?,
        })
    }
}

/// The same with what the environment says, where the section names no server.
fn with_environment(
    mut config: OpenStackDiscovery,
    variable: impl Fn(&str) -> String,
) -> OpenStackDiscovery {
    if !config.identity_endpoint.is_empty() {
        return config;
    }
    let either = |first, second| match variable(first) {
        found if found.is_empty() => variable(second),
        found => found,
    };
    config.identity_endpoint = variable("OS_AUTH_URL");
    config.username = variable("OS_USERNAME");
    config.user_id = variable("OS_USERID");
    config.password = Secret::new(variable("OS_PASSWORD"));
    config.project_name = either("OS_PROJECT_NAME", "OS_TENANT_NAME");
    config.project_id = either("OS_PROJECT_ID", "OS_TENANT_ID");
    config.domain_name = either("OS_DOMAIN_NAME", "OS_USER_DOMAIN_NAME");
    config.domain_id = either("OS_DOMAIN_ID", "OS_USER_DOMAIN_ID");
    config.credential_name = variable("OS_APPLICATION_CREDENTIAL_NAME");
    config.credential_id = variable("OS_APPLICATION_CREDENTIAL_ID");
    config.credential_secret = Secret::new(variable("OS_APPLICATION_CREDENTIAL_SECRET"));
    config
}

/// The body of a login: by an application's credential where there is one, or by a password.
fn login(config: &OpenStackDiscovery) -> Value {
    let domain = match config.domain_id.as_str() {
        "" => json!({"name": config.domain_name}),
        id => json!({"id": id}),
    };
    let mut user = match config.user_id.as_str() {
        "" => json!({"name": config.username, "domain": domain}),
        id => json!({"id": id}),
    };
    let secret = config.credential_secret.expose();
    if !secret.is_empty() {
        let credential = match config.credential_id.as_str() {
            "" => json!({"name": config.credential_name, "user": user, "secret": secret}),
            id => json!({"id": id, "secret": secret}),
        };
        let methods = ["application_credential"];
        return json!({"auth": {"identity": {"methods": methods, "application_credential": credential}}});
    }
    if let Some(fields) = user.as_object_mut() {
        fields.insert("password".to_owned(), json!(config.password.expose()));
    }
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    let scope = match (config.project_id.as_str(), config.project_name.as_str()) {
        ("", "") => return json!({"auth": {"identity": identity}}),
        ("", name) => json!({"project": {"name": name, "domain": domain}}),
        (id, _) => json!({"project": {"id": id}}),
    };
    json!({"auth": {"identity": identity, "scope": scope}})
}

impl Session<'_> {
    /// Where a kind of service is asked.
    fn endpoint(&self, kind: &str) -> Result<&str, AskError> {
        let config = &self.source.config;
        let services = list(&self.catalog, "/token/catalog").iter();
        let mut endpoints = services
            .filter(|service| text(service, "/type") == kind)
            .flat_map(|service| list(service, "/endpoints"));
        let fits = |endpoint: &&Value| {
            text(endpoint, "/interface") == config.availability
                && ["/region", "/region_id"]
                    .iter()
                    .any(|at| text(endpoint, at) == config.region)
        };
        let url = endpoints
            .find(fits)
            .and_then(|endpoint| endpoint.get("url")?.as_str());
        url.map(|url| url.trim_end_matches('/')).ok_or_else(|| {
            let (availability, region) = (&config.availability, &config.region);
            AskError::Other(format!(
                "the catalog names no {availability} endpoint of {kind} in the region {region:?}"
            ))
        })
    }

    /// The endpoint of a service whose paths begin with the version.
    fn versioned(&self, kind: &str) -> Result<String, AskError> {
        let endpoint = self.endpoint(kind)?;
        let version = if endpoint.ends_with("/v2.0") {
            ""
        } else {
            "/v2.0"
        };
        Ok(format!("{endpoint}{version}"))
    }

    /// All entries of a list that comes in pages.
    async fn listed(&self, url: String, key: &str) -> Result<Vec<Value>, AskError> {
        let mut found = Vec::new();
        let mut next = url.clone();
        for _ in 0..MAX_PAGES {
            let mut request = get(&next)?;
            set_secret(&mut request, "x-auth-token", &self.token)?;
            let page = self.source.server.json(request).await?;
            found.extend_from_slice(list(&page, &format!("/{key}")));
            let mut links = list(&page, &format!("/{key}_links")).iter();
            let link = links.find(|link| text(link, "/rel") == "next");
            match link.map(|link| text(link, "/href").into_owned()) {
                // The token is for the services of the catalog only.
                Some(link) if same_server(&url, &link) => next = link,
                _ => return Ok(found),
            }
        }
        Err(AskError::Pages(url))
    }

    async fn hypervisors(&self, port: i64) -> Result<Vec<Labels>, AskError> {
        let url = format!("{}/os-hypervisors/detail", self.endpoint("compute")?);
        let hypervisors = self.listed(url, "hypervisors").await?;
        let hypervisors = hypervisors.iter().map(|hypervisor| {
            let address = host_port(&text(hypervisor, "/host_ip"), port);
            let mut target = Target::new();
            target
                .fields(PREFIX, hypervisor, HYPERVISOR)
                .address(&address);
            target.labels()
        });
        Ok(hypervisors.collect())
    }

    async fn instances(&self, port: i64) -> Result<Vec<Labels>, AskError> {
        let network = self.versioned("network")?;
        let ports = self.listed(format!("{network}/ports"), "ports").await?;
        let devices = ports
            .iter()
            .map(|port| (text(port, "/id"), text(port, "/device_id")));
        let devices: HashMap<_, _> = devices.collect();
        let floating = self
            .listed(format!("{network}/floatingips"), "floatingips")
            .await?;
        let mut public = HashMap::new();
        for address in &floating {
            let fixed = text(address, "/fixed_ip_address");
            if let Some(device) = devices
                .get(&text(address, "/port_id"))
                .filter(|_| !fixed.is_empty())
            {
                public.insert(
                    (device.clone(), fixed),
                    text(address, "/floating_ip_address"),
                );
            }
        }
        let floating: HashSet<_> = public.values().cloned().collect();
        let all = if self.source.config.all_tenants {
            "?all_tenants=true"
        } else {
            ""
        };
        let url = format!("{}/servers/detail{all}", self.endpoint("compute")?);
        let mut found = Vec::new();
        for instance in self.listed(url, "servers").await? {
            let flavor = match text(&instance, "/flavor/original_name") {
                flavor if flavor.is_empty() => text(&instance, "/flavor/id"),
                flavor => flavor,
            };
            let mut common = Target::new();
            common
                .fields(PREFIX, &instance, INSTANCE)
                .map("__meta_openstack_tag_", &instance, "/metadata")
                .set("__meta_openstack_instance_flavor", &flavor);
            let id = text(&instance, "/id");
            let pools = instance.get("addresses").and_then(Value::as_object);
            for (pool, addresses) in pools.into_iter().flatten() {
                for address in list(addresses, "") {
                    let address = text(address, "/addr");
                    if address.is_empty() || floating.contains(&address) {
                        continue;
                    }
                    let mut target = common.clone();
                    let key = (id.clone(), address.clone());
                    target
                        .set("__meta_openstack_address_pool", pool)
                        .set("__meta_openstack_private_ip", &address)
                        .set(
                            "__meta_openstack_public_ip",
                            public.get(&key).map_or("", |ip| ip),
                        )
                        .address(&host_port(&address, port));
                    found.push(target.labels());
                }
            }
        }
        Ok(found)
    }

    /// Load balancers that have a listener which tells of themselves.
    async fn load_balancers(&self) -> Result<Vec<Labels>, AskError> {
        let balancing = self.versioned("load-balancer")?;
        let balancers = self
            .listed(format!("{balancing}/lbaas/loadbalancers"), "loadbalancers")
            .await?;
        let listeners = self
            .listed(format!("{balancing}/lbaas/listeners"), "listeners")
            .await?;
        let mut ports = HashMap::new();
        for listener in listeners
            .iter()
            .filter(|l| text(l, "/protocol") == PROMETHEUS)
        {
            for balancer in list(listener, "/loadbalancers") {
                let port = number(listener, "/protocol_port");
                ports.entry(text(balancer, "/id")).or_insert(port);
            }
        }
        let network = self.versioned("network")?;
        let floating = self
            .listed(format!("{network}/floatingips"), "floatingips")
            .await?;
        let floating = floating.iter().map(|address| {
            (
                text(address, "/port_id"),
                text(address, "/floating_ip_address"),
            )
        });
        let floating: HashMap<_, _> = floating.filter(|(port, _)| !port.is_empty()).collect();
        let found = balancers.iter().filter_map(|balancer| {
            let port = ports.get(&text(balancer, "/id"))?;
            let public = floating.get(&text(balancer, "/vip_port_id"));
            let mut target = Target::new();
            target
                .fields(PREFIX, balancer, LOAD_BALANCER)
                .set(
                    "__meta_openstack_loadbalancer_tags",
                    &texts(balancer, "/tags").join(","),
                )
                .set(
                    "__meta_openstack_loadbalancer_floating_ip",
                    public.map_or("", |ip| ip),
                )
                .address(&host_port(&text(balancer, "/vip_address"), port));
            Some(target.labels())
        });
        Ok(found.collect())
    }
}

/// Whether two URLs have scheme, host and port in common.
fn same_server(first: &str, second: &str) -> bool {
    let origin = |text: &str| url::Url::parse(text).map(|url| url.origin());
    matches!((origin(first), origin(second)), (Ok(first), Ok(second)) if first == second)
}

impl Source for OpenStackSource {
    const NAME: &'static str = "openstack";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let session = self.log_in().await?;
        let port = self.config.asking.port;
        let targets = match self.config.role {
            OpenStackRole::Hypervisor => session.hypervisors(port).await?,
            OpenStackRole::Instance => session.instances(port).await?,
            OpenStackRole::LoadBalancer => session.load_balancers().await?,
        };
        Ok(one_group(&format!("OS_{}", self.config.region), targets))
    }
}
