//! The clouds that targets run in.

use super::{asking, filters};
use crate::error::Fault;
use crate::table::Table;
use crate::{
    AwsDiscovery, AwsService, AzureDiscovery, AzureLogin, DigitalOceanDiscovery, DigitalOceanRole,
    DiscoveryConfig, GceDiscovery, HetznerDiscovery, HetznerRole, LinodeDiscovery,
    OpenStackDiscovery, OpenStackRole, Secret, SigV4,
};

fn text(entry: &Table, key: &str) -> String {
    entry.text(key).to_owned()
}

/// One entry; `None` for a mechanism that is not active.
pub(super) fn one(key: &str, entry: &Table) -> Result<Option<DiscoveryConfig>, Fault> {
    Ok(Some(match key {
        "aws_sd_configs" => match entry.text("role") {
            role @ ("ec2" | "ecs" | "lightsail") => aws(role, entry)?,
            _ => return Ok(None),
        },
        "ec2_sd_configs" => aws("ec2", entry)?,
        "ecs_sd_configs" => aws("ecs", entry)?,
        "lightsail_sd_configs" => aws("lightsail", entry)?,
        "azure_sd_configs" => azure(entry)?,
        "gce_sd_configs" => DiscoveryConfig::Gce(Box::new(GceDiscovery {
            project: text(entry, "project"),
            zone: text(entry, "zone"),
            filter: text(entry, "filter"),
            tag_separator: text(entry, "tag_separator"),
            asking: asking(entry)?,
        })),
        "digitalocean_sd_configs" => {
            DiscoveryConfig::DigitalOcean(Box::new(DigitalOceanDiscovery {
                role: match entry.text("role") {
                    "databases" => DigitalOceanRole::Databases,
                    _ => DigitalOceanRole::Droplets,
                },
                asking: asking(entry)?,
            }))
        }
        "hetzner_sd_configs" => DiscoveryConfig::Hetzner(Box::new(HetznerDiscovery {
            role: match entry.text("role") {
                "robot" => HetznerRole::Robot,
                _ => HetznerRole::Cloud,
            },
            label_selector: text(entry, "label_selector"),
            asking: asking(entry)?,
        })),
        "linode_sd_configs" => DiscoveryConfig::Linode(Box::new(LinodeDiscovery {
            region: text(entry, "region"),
            tag_separator: text(entry, "tag_separator"),
            asking: asking(entry)?,
        })),
        "openstack_sd_configs" => openstack(entry)?,
        _ => return Ok(None),
    }))
}

fn aws(service: &str, entry: &Table) -> Result<DiscoveryConfig, Fault> {
    Ok(DiscoveryConfig::Aws(Box::new(AwsDiscovery {
        service: match service {
            "ec2" => AwsService::Ec2 {
                filters: filters(entry),
            },
            "ecs" => AwsService::Ecs {
                clusters: entry.texts("clusters"),
            },
            _ => AwsService::Lightsail,
        },
        endpoint: text(entry, "endpoint"),
        login: SigV4::of(entry),
        asking: asking(entry)?,
    })))
}

fn azure(entry: &Table) -> Result<DiscoveryConfig, Fault> {
    let client = text(entry, "client_id");
    Ok(DiscoveryConfig::Azure(Box::new(AzureDiscovery {
        environment: text(entry, "environment"),
        subscription: text(entry, "subscription_id"),
        tenant: text(entry, "tenant_id"),
        resource_group: text(entry, "resource_group"),
        login: match entry.text("authentication_method") {
            "ManagedIdentity" => AzureLogin::ManagedIdentity { client },
            "SDK" | "WorkloadIdentity" => AzureLogin::Environment,
            _ => AzureLogin::OAuth {
                client,
                secret: Secret::new(entry.text("client_secret")),
            },
        },
        asking: asking(entry)?,
    })))
}

fn openstack(entry: &Table) -> Result<DiscoveryConfig, Fault> {
    let secret = |key| Secret::new(entry.text(key));
    Ok(DiscoveryConfig::OpenStack(Box::new(OpenStackDiscovery {
        identity_endpoint: text(entry, "identity_endpoint"),
        username: text(entry, "username"),
        user_id: text(entry, "userid"),
        password: secret("password"),
        project_name: text(entry, "project_name"),
        project_id: text(entry, "project_id"),
        domain_name: text(entry, "domain_name"),
        domain_id: text(entry, "domain_id"),
        credential_name: text(entry, "application_credential_name"),
        credential_id: text(entry, "application_credential_id"),
        credential_secret: secret("application_credential_secret"),
        role: match entry.text("role") {
            "hypervisor" => OpenStackRole::Hypervisor,
            "loadbalancer" => OpenStackRole::LoadBalancer,
            _ => OpenStackRole::Instance,
        },
        region: text(entry, "region"),
        all_tenants: entry.bool("all_tenants"),
        availability: text(entry, "availability"),
        asking: asking(entry)?,
    })))
}
