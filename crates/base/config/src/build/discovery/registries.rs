//! What runs targets, and what they enter themselves in.

use super::{asking, filters};
use crate::error::Fault;
use crate::table::Table;
use crate::{
    BasicAuth, ConsulDiscovery, DockerDiscovery, EurekaDiscovery, KumaDiscovery, NomadDiscovery,
    PuppetDbDiscovery, Secret, SecretSource, SwarmDiscovery, SwarmRole,
};

fn text(entry: &Table, key: &str) -> String {
    entry.text(key).to_owned()
}

pub(super) fn consul(entry: &Table) -> Result<ConsulDiscovery, Fault> {
    let mut asking = asking(entry)?;
    if entry.has("username") || entry.has("password") {
        let inline = |key| Some(SecretSource::Inline(Secret::new(entry.text(key))));
        asking.http.basic_auth = Some(BasicAuth {
            username: inline("username"),
            password: inline("password"),
        });
    }
    let node_meta = entry.map("node_meta").iter();
    Ok(ConsulDiscovery {
        server: text(entry, "server"),
        scheme: text(entry, "scheme"),
        path_prefix: text(entry, "path_prefix"),
        token: Secret::new(entry.text("token")),
        datacenter: text(entry, "datacenter"),
        namespace: text(entry, "namespace"),
        partition: text(entry, "partition"),
        tag_separator: text(entry, "tag_separator"),
        allow_stale: entry.bool("allow_stale"),
        services: entry.texts("services"),
        tags: entry.texts("tags"),
        node_meta: node_meta
            .map(|(name, item)| (name.clone(), item.text().to_owned()))
            .collect(),
        health_filter: text(entry, "health_filter"),
        filter: text(entry, "filter"),
        asking,
    })
}

pub(super) fn docker(entry: &Table) -> Result<DockerDiscovery, Fault> {
    Ok(DockerDiscovery {
        host: text(entry, "host"),
        filters: filters(entry),
        host_networking_host: text(entry, "host_networking_host"),
        match_first_network: entry.bool("match_first_network"),
        asking: asking(entry)?,
    })
}

pub(super) fn swarm(entry: &Table) -> Result<SwarmDiscovery, Fault> {
    Ok(SwarmDiscovery {
        host: text(entry, "host"),
        role: match entry.text("role") {
            "services" => SwarmRole::Services,
            "tasks" => SwarmRole::Tasks,
            _ => SwarmRole::Nodes,
        },
        filters: filters(entry),
        asking: asking(entry)?,
    })
}

pub(super) fn nomad(entry: &Table) -> Result<NomadDiscovery, Fault> {
    Ok(NomadDiscovery {
        server: text(entry, "server"),
        region: text(entry, "region"),
        namespace: text(entry, "namespace"),
        allow_stale: entry.bool("allow_stale"),
        tag_separator: text(entry, "tag_separator"),
        asking: asking(entry)?,
    })
}

pub(super) fn eureka(entry: &Table) -> Result<EurekaDiscovery, Fault> {
    Ok(EurekaDiscovery {
        server: text(entry, "server"),
        asking: asking(entry)?,
    })
}

pub(super) fn kuma(entry: &Table) -> Result<KumaDiscovery, Fault> {
    Ok(KumaDiscovery {
        server: text(entry, "server"),
        client_id: text(entry, "client_id"),
        fetch_timeout: entry.duration("fetch_timeout"),
        asking: asking(entry)?,
    })
}

pub(super) fn puppetdb(entry: &Table) -> Result<PuppetDbDiscovery, Fault> {
    Ok(PuppetDbDiscovery {
        url: text(entry, "url"),
        query: text(entry, "query"),
        include_parameters: entry.bool("include_parameters"),
        asking: asking(entry)?,
    })
}
