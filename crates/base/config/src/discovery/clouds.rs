//! Targets known to the clouds they run in.

use super::Asking;
use crate::{Secret, SigV4};

/// A service of AWS that is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsService {
    /// `ec2`.
    Ec2 {
        /// `filters`: values by name.
        filters: Vec<(String, Vec<String>)>,
    },
    /// `ecs`.
    Ecs {
        /// `clusters`: names or ARNs; empty for all.
        clusters: Vec<String>,
    },
    /// `lightsail`.
    Lightsail,
}

/// One entry of `ec2_sd_configs`, `ecs_sd_configs` or `lightsail_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsDiscovery {
    /// What is listed.
    pub service: AwsService,
    /// `endpoint`; empty for that of the region.
    pub endpoint: String,
    /// Who signs.
    pub login: SigV4,
    /// How it is asked.
    pub asking: Asking,
}

/// `authentication_method` of `azure_sd_configs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AzureLogin {
    /// `OAuth`: an application and its secret.
    OAuth {
        /// `client_id`.
        client: String,
        /// `client_secret`.
        secret: Secret,
    },
    /// `ManagedIdentity`: that of the machine.
    ManagedIdentity {
        /// `client_id`; empty where the machine has one identity only.
        client: String,
    },
    /// `SDK` and `WorkloadIdentity`: what the environment says.
    Environment,
}

/// One entry of `azure_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct AzureDiscovery {
    /// `environment`, such as `AzurePublicCloud`.
    pub environment: String,
    /// `subscription_id`.
    pub subscription: String,
    /// `tenant_id`; a label also where the login needs none.
    pub tenant: String,
    /// `resource_group`; empty for all.
    pub resource_group: String,
    /// Who asks.
    pub login: AzureLogin,
    /// How it is asked.
    pub asking: Asking,
}

/// One entry of `gce_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct GceDiscovery {
    /// `project`.
    pub project: String,
    /// `zone`.
    pub zone: String,
    /// `filter`.
    pub filter: String,
    /// `tag_separator`.
    pub tag_separator: String,
    /// How it is asked.
    pub asking: Asking,
}

/// `role` of `digitalocean_sd_configs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigitalOceanRole {
    /// `droplets`.
    Droplets,
    /// `databases`.
    Databases,
}

/// One entry of `digitalocean_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitalOceanDiscovery {
    /// `role`.
    pub role: DigitalOceanRole,
    /// How it is asked.
    pub asking: Asking,
}

/// `role` of `hetzner_sd_configs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HetznerRole {
    /// `hcloud`.
    Cloud,
    /// `robot`.
    Robot,
}

/// One entry of `hetzner_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct HetznerDiscovery {
    /// `role`.
    pub role: HetznerRole,
    /// `label_selector`, of the cloud only.
    pub label_selector: String,
    /// How it is asked.
    pub asking: Asking,
}

/// One entry of `linode_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct LinodeDiscovery {
    /// `region`; empty for all.
    pub region: String,
    /// `tag_separator`.
    pub tag_separator: String,
    /// How it is asked.
    pub asking: Asking,
}

/// `role` of `openstack_sd_configs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStackRole {
    /// `hypervisor`.
    Hypervisor,
    /// `instance`.
    Instance,
    /// `loadbalancer`.
    LoadBalancer,
}

/// One entry of `openstack_sd_configs`. Fields that are empty say nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenStackDiscovery {
    /// `identity_endpoint`; where it is empty, all of the login comes from the environment.
    pub identity_endpoint: String,
    /// `username`.
    pub username: String,
    /// `userid`.
    pub user_id: String,
    /// `password`.
    pub password: Secret,
    /// `project_name`.
    pub project_name: String,
    /// `project_id`.
    pub project_id: String,
    /// `domain_name`.
    pub domain_name: String,
    /// `domain_id`.
    pub domain_id: String,
    /// `application_credential_name`.
    pub credential_name: String,
    /// `application_credential_id`.
    pub credential_id: String,
    /// `application_credential_secret`.
    pub credential_secret: Secret,
    /// `role`.
    pub role: OpenStackRole,
    /// `region`.
    pub region: String,
    /// `all_tenants`.
    pub all_tenants: bool,
    /// `availability`: `public`, `internal` or `admin`.
    pub availability: String,
    /// How it is asked.
    pub asking: Asking,
}
