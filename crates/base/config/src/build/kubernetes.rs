//! One entry of `kubernetes_sd_configs`.

use std::path::PathBuf;

use super::http::{http, url};
use crate::error::Fault;
use crate::table::Table;
use crate::{
    KubernetesAccess, KubernetesAttach, KubernetesDiscovery, KubernetesRole, KubernetesSelector,
};

pub(super) fn kubernetes(section: &Table) -> Result<KubernetesDiscovery, Fault> {
    let namespaces = section.table("namespaces");
    let attach = section.table("attach_metadata");
    let attached = |key: &str| attach.is_some_and(|attach| attach.bool(key));
    Ok(KubernetesDiscovery {
        role: role(section.text("role")),
        access: access(section)?,
        namespaces: namespaces.map_or_else(Vec::new, |names| names.texts("names")),
        own_namespace: namespaces.is_some_and(|names| names.bool("own_namespace")),
        selectors: section
            .tables("selectors")
            .map(|selector| KubernetesSelector {
                role: role(selector.text("role")),
                label: selector.text("label").to_owned(),
                field: selector.text("field").to_owned(),
            })
            .collect(),
        attach: KubernetesAttach {
            node: attached("node"),
            namespace: attached("namespace"),
            deployment: attached("deployment"),
            job: attached("job"),
            cronjob: attached("cronjob"),
        },
    })
}

fn access(section: &Table) -> Result<KubernetesAccess, Fault> {
    if section.has("kubeconfig_file") {
        let file = PathBuf::from(section.text("kubeconfig_file"));
        return Ok(KubernetesAccess::Kubeconfig(file));
    }
    Ok(match url(section, "api_server")? {
        None => KubernetesAccess::InCluster,
        Some(url) => KubernetesAccess::Server {
            url,
            http: Box::new(http(section)?),
        },
    })
}

fn role(name: &str) -> KubernetesRole {
    match name {
        "node" => KubernetesRole::Node,
        "service" => KubernetesRole::Service,
        "endpoints" => KubernetesRole::Endpoints,
        "endpointslice" => KubernetesRole::EndpointSlice,
        "ingress" => KubernetesRole::Ingress,
        _ => KubernetesRole::Pod,
    }
}
