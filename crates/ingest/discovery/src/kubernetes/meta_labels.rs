//! Labels that say what discovery knows of a target: `__meta_kubernetes_…`.

use std::borrow::Cow;

use kubernetes::{Meta, Pairs};
use model::LabelsBuilder;

use super::around::Around;
use crate::static_groups::ADDRESS;

const PREFIX: &str = "__meta_kubernetes_";

/// Sets `__meta_kubernetes_` with a name behind it; an empty value sets nothing.
pub(super) fn set(labels: &mut LabelsBuilder, name: &str, value: &str) {
    if !value.is_empty() {
        labels.set(&format!("{PREFIX}{name}"), value);
    }
}

pub(super) fn set_address(labels: &mut LabelsBuilder, host: &str, port: i64) {
    labels.set(ADDRESS, &join(host, port));
}

/// A host and a port, an IPv6 address in brackets.
pub(super) fn join(host: &str, port: i64) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// A text as part of a label's name: what may not stand there is an underscore.
pub(super) fn sanitized(text: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.chars().all(fits) {
        return Cow::Borrowed(text);
    }
    let replaced = text.chars().map(|c| if fits(c) { c } else { '_' });
    Cow::Owned(replaced.collect())
}

/// An object's name, labels and annotations, under the name of its kind.
pub(super) fn set_object(labels: &mut LabelsBuilder, kind: &str, meta: &Meta) {
    set(labels, &format!("{kind}_name"), &meta.name);
    set_pairs(labels, kind, meta);
}

fn set_pairs(labels: &mut LabelsBuilder, kind: &str, meta: &Meta) {
    let mut both = |what: &str, pairs: &Pairs| {
        for (name, value) in pairs.iter() {
            let name = sanitized(name);
            set(labels, &format!("{kind}_{what}_{name}"), value);
            set(labels, &format!("{kind}_{what}present_{name}"), "true");
        }
    };
    both("label", &meta.labels);
    both("annotation", &meta.annotations);
}

/// An object's namespace, with the namespace's own labels where the section attaches them.
pub(super) fn set_namespace(labels: &mut LabelsBuilder, name: &str, around: &mut Around) {
    set(labels, "namespace", name);
    if around.attach.namespace
        && let Some(namespace) = around.namespace(name)
    {
        set_pairs(labels, "namespace", &namespace.metadata);
    }
}

/// The labels of a target's node, where the section attaches them.
pub(super) fn set_node(labels: &mut LabelsBuilder, name: &str, around: &mut Around) {
    if around.attach.node
        && let Some(node) = around.node(name)
    {
        set_object(labels, "node", &node.metadata);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_fit() {
        assert_eq!(
            sanitized("app.kubernetes.io/part-of"),
            "app_kubernetes_io_part_of"
        );
        assert_eq!(sanitized("ä1"), "_1");
        assert_eq!(join("fd00::1", 80), "[fd00::1]:80");
        assert_eq!(join("a", 80), "a:80");
    }
}
