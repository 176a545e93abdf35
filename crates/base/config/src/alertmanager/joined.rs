//! An `alertmanager.yml` with what others add to it.

use std::path::Path;

use super::AlertmanagerConfig;
use super::load::{Environment, checked_with};
use crate::error::{ConfigError, Fault};
use crate::load::{folder_of, read_file};
use crate::yaml::{self, Content, Entry, Node};

/// As [`super::load`], with lists of `routes`, `receivers`, `inhibit_rules` and
/// `mute_time_intervals` in `more`, a YAML text. Their routes come before those of the file, so
/// that the file's own last route still takes what nobody else does.
pub fn load_with(
    path: &Path,
    environment: Option<Environment<'_>>,
    more: &str,
) -> Result<AlertmanagerConfig, ConfigError> {
    let text = read_file(path)?;
    let more = yaml::parse(more).map_err(|fault| fault.within("objects".as_ref()))?;
    checked_with(&text, folder_of(path), environment, |root| join(root, more))
        .map_err(|fault| fault.within(path))
}

fn join(root: &mut Node, more: Node) -> Result<(), Fault> {
    let Content::Map(lists) = more.content else {
        return Ok(());
    };
    for added in lists {
        let Content::List(items) = added.value.content else {
            continue;
        };
        if added.key != "routes" {
            field(root, &added.key, added.at)?.splice(0..0, items);
            continue;
        }
        let Content::Map(entries) = &mut root.content else {
            continue;
        };
        if let Some(route) = entries.iter_mut().find(|entry| entry.key == "route") {
            field(&mut route.value, "routes", added.at)?.splice(0..0, items);
        }
    }
    Ok(())
}

/// The list under a key of a map, made where there is none.
fn field<'a>(node: &'a mut Node, key: &str, at: crate::Place) -> Result<&'a mut Vec<Node>, Fault> {
    let wrong = Fault::new(
        node.at,
        key,
        format!("{} where a list belongs", node.describe()),
    );
    let Content::Map(entries) = &mut node.content else {
        return Err(wrong);
    };
    if !entries.iter().any(|entry| entry.key == key) {
        let content = Content::List(Vec::new());
        entries.push(Entry {
            key: key.to_owned(),
            at,
            value: Node { at, content },
        });
    }
    let entry = entries.iter_mut().find(|entry| entry.key == key);
    let value = entry
        .map(|entry| &mut entry.value.content)
        .ok_or_else(|| wrong.clone())?;
    if matches!(value, Content::Null) {
        *value = Content::List(Vec::new());
    }
    match value {
        Content::List(items) => Ok(items),
        _ => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_comes_first() {
        let folder = std::env::temp_dir();
        let join = |text: &str, more: &str| {
            checked_with(text, &folder, None, |root| {
                join(root, yaml::parse(more).unwrap())
            })
        };
        let file = "
route: {receiver: a, routes: [{receiver: a, matchers: ['x=y']}]}
receivers: [{name: a}]
";
        let more = "{routes: [{receiver: n/b, matchers: ['namespace=\"n\"'], continue: true}], receivers: [{name: n/b}]}";
        let config = join(file, more).unwrap();
        assert_eq!(config.receivers.len(), 2);
        assert_eq!(config.route.routes.len(), 2);
        assert!(config.route.routes[0].continues);
        assert!(
            join(
                "route: {receiver: a, routes: 5}\nreceivers: [{name: a}]",
                more
            )
            .is_err()
        );
        let bare = join("route: {receiver: a}\nreceivers: [{name: a}]", more).unwrap();
        assert_eq!(bare.route.routes.len(), 1);
    }
}
