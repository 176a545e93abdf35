//! The kinds of objects that the server knows, and where it keeps them.

/// A kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) kind: &'static str,
    pub(super) plural: &'static str,
    /// `v1`, or a group and a version.
    pub(super) version: &'static str,
}

const fn kind(kind: &'static str, plural: &'static str, version: &'static str) -> Kind {
    Kind {
        kind,
        plural,
        version,
    }
}

const KINDS: [Kind; 20] = [
    kind("Node", "nodes", "v1"),
    kind("Namespace", "namespaces", "v1"),
    kind("Pod", "pods", "v1"),
    kind("Service", "services", "v1"),
    kind("Endpoints", "endpoints", "v1"),
    kind("Secret", "secrets", "v1"),
    kind("ConfigMap", "configmaps", "v1"),
    kind("Event", "events", "v1"),
    kind("Event", "events", "events.k8s.io/v1"),
    kind("EndpointSlice", "endpointslices", "discovery.k8s.io/v1"),
    kind("Ingress", "ingresses", "networking.k8s.io/v1"),
    kind("ReplicaSet", "replicasets", "apps/v1"),
    kind("Job", "jobs", "batch/v1"),
    kind(
        "ServiceMonitor",
        "servicemonitors",
        "monitoring.coreos.com/v1",
    ),
    kind("PodMonitor", "podmonitors", "monitoring.coreos.com/v1"),
    kind("Probe", "probes", "monitoring.coreos.com/v1"),
    kind(
        "PrometheusRule",
        "prometheusrules",
        "monitoring.coreos.com/v1",
    ),
    kind("Prometheus", "prometheuses", "monitoring.coreos.com/v1"),
    kind(
        "ScrapeConfig",
        "scrapeconfigs",
        "monitoring.coreos.com/v1alpha1",
    ),
    kind(
        "AlertmanagerConfig",
        "alertmanagerconfigs",
        "monitoring.coreos.com/v1alpha1",
    ),
];

pub(super) fn named(name: &str) -> Option<Kind> {
    KINDS.into_iter().find(|known| known.kind == name)
}

/// What a path asks for, and in which namespace.
pub(super) fn of_path(path: &str) -> Option<(Kind, Option<String>)> {
    let (version, rest) = match path.strip_prefix("/api/") {
        Some(rest) => rest.split_once('/')?,
        None => {
            let rest = path.strip_prefix("/apis/")?;
            let (group, behind) = rest.split_once('/')?;
            let (version, _) = behind.split_once('/')?;
            rest.split_at_checked(group.len() + 1 + version.len())
                .map(|(version, rest)| (version, rest.trim_start_matches('/')))?
        }
    };
    let (namespace, plural) = match rest.strip_prefix("namespaces/") {
        Some(rest) => {
            let (namespace, plural) = rest.split_once('/')?;
            (Some(namespace.to_owned()), plural)
        }
        None => (None, rest),
    };
    let mut kinds = KINDS.into_iter();
    let kind = kinds.find(|kind| kind.plural == plural && kind.version == version)?;
    Some((kind, namespace))
}
