//! Role `ingress`: one target a path of each rule, at the rule's host.

use config::KubernetesRole;
use contract::TargetGroup;
use kubernetes::{Changes, Resource};
use model::LabelsBuilder;

use super::Role;
use super::around::{Around, Scope};
use super::meta_labels::{set, set_namespace, set_object};
use super::objects::{Ingress, IngressRule};
use crate::static_groups::ADDRESS;

pub(super) struct Ingresses;

impl Role for Ingresses {
    type Object = Ingress;
    const SOURCE: &'static str = "ingress";

    fn main(scope: &Scope<'_>) -> Vec<Changes<Ingress>> {
        let all = Resource::all("ingress", "apis/networking.k8s.io/v1", "ingresses");
        scope.each(&all, Some(KubernetesRole::Ingress))
    }

    fn around(scope: &Scope<'_>) -> Around {
        Around::attached(scope, false)
    }

    fn build(ingress: &Ingress, around: &mut Around) -> TargetGroup {
        let meta = &ingress.metadata;
        let mut labels = LabelsBuilder::new();
        set_namespace(&mut labels, &meta.namespace, around);
        set(
            &mut labels,
            "ingress_class_name",
            &ingress.spec.ingress_class_name,
        );
        set_object(&mut labels, "ingress", meta);
        let mut targets = Vec::new();
        for rule in &ingress.spec.rules {
            let mut hosts = ingress.spec.tls.iter().flat_map(|tls| &tls.hosts);
            let scheme = match hosts.any(|pattern| fits(pattern, &rule.host)) {
                true => "https",
                false => "http",
            };
            for path in paths(rule) {
                let mut target = LabelsBuilder::new();
                target.set(ADDRESS, &rule.host);
                set(&mut target, "ingress_scheme", scheme);
                set(&mut target, "ingress_host", &rule.host);
                set(&mut target, "ingress_path", path);
                targets.push(target.build());
            }
        }
        TargetGroup {
            labels: labels.build(),
            targets,
            ..TargetGroup::default()
        }
    }
}

/// The paths of a rule; `/` for one that names none, and for an empty one.
fn paths(rule: &IngressRule) -> Vec<&str> {
    let Some(http) = &rule.http else {
        return vec!["/"];
    };
    let paths = http.paths.iter();
    paths
        .map(|path| match path.path.as_str() {
            "" => "/",
            path => path,
        })
        .collect()
}

/// Whether a host is meant by a pattern, whose first part may be a `*`.
fn fits(pattern: &str, host: &str) -> bool {
    if pattern == host {
        return true;
    }
    let parent = host.split_once('.').map(|(_, parent)| parent);
    match pattern.strip_prefix('*') {
        Some("") => !host.contains('.'),
        Some(rest) => rest
            .strip_prefix('.')
            .is_some_and(|rest| Some(rest) == parent),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_one_part() {
        for (pattern, host, wanted) in [
            ("a.example.com", "a.example.com", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "b.a.example.com", false),
            ("*.example.com", "example.com", false),
            ("a.example.com", "b.example.com", false),
            ("*", "localhost", true),
            ("*", "a.b", false),
            ("*a.b", "ca.b", false),
        ] {
            assert_eq!(fits(pattern, host), wanted, "{pattern} {host}");
        }
    }
}
