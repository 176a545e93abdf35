//! Which Alertmanagers discovery has found: labels to URLs.

use std::collections::BTreeSet;
use std::sync::Arc;

use config::AlertmanagerConfig;
use contract::TargetGroup;
use model::{Labels, LabelsBuilder};
use relabel::Rule;

const ADDRESS: &str = "__address__";
const SCHEME: &str = "__scheme__";
const PATH: &str = "__alerts_path__";

/// The URLs of a section, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Urls {
    pub(super) active: BTreeSet<String>,
    /// Those that relabelling dropped.
    pub(super) dropped: Vec<String>,
}

/// The Alertmanagers that groups name.
pub(super) fn urls(config: &AlertmanagerConfig, groups: &[Arc<TargetGroup>]) -> Urls {
    let mut urls = Urls::default();
    for group in groups {
        for target in &group.targets {
            let labels = labels(config, group, target);
            let Some(kept) = relabelled(&config.relabel, labels.to_builder()) else {
                urls.dropped.push(url(&labels));
                continue;
            };
            let address = kept.get(ADDRESS).unwrap_or("");
            if address.is_empty() || address.contains('/') {
                tracing::error!(address, "this is no address of an Alertmanager");
                continue;
            }
            urls.active.insert(url(&kept));
        }
    }
    urls
}

/// The labels of a target before relabelling: its own, how the section has it asked, and those of
/// its group where it has none of the name itself.
fn labels(config: &AlertmanagerConfig, group: &TargetGroup, target: &Labels) -> Labels {
    let mut labels = target.to_builder();
    labels.set(SCHEME, &config.scheme);
    labels.set(PATH, &path(&config.path_prefix));
    for (name, value) in group.labels.iter() {
        if target.get(name).is_none() {
            labels.set(name, value);
        }
    }
    labels.build()
}

/// Labels after relabelling; `None` where it drops them.
pub(super) fn relabelled(rules: &[Rule], mut labels: LabelsBuilder) -> Option<Labels> {
    relabel::apply(rules, &mut labels).then(|| labels.build())
}

fn url(labels: &Labels) -> String {
    let label = |name| labels.get(name).unwrap_or("");
    let (scheme, address, path) = (label(SCHEME), label(ADDRESS), label(PATH));
    let slash = if path.starts_with('/') || path.is_empty() {
        ""
    } else {
        "/"
    };
    format!("{scheme}://{address}{slash}{path}")
}

/// The path of alerts below a prefix, without empty parts, `.` and `..`.
fn path(prefix: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in prefix.split('/').chain(["api", "v2", "alerts"]) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_cleanly() {
        for (prefix, whole) in [
            ("", "/api/v2/alerts"),
            ("/", "/api/v2/alerts"),
            ("am", "/am/api/v2/alerts"),
            ("/a//b/", "/a/b/api/v2/alerts"),
            ("/a/../../b", "/b/api/v2/alerts"),
        ] {
            assert_eq!(path(prefix), whole, "{prefix}");
        }
    }
}
