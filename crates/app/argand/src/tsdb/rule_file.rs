//! Rule files, as far as recording rules need them; strict: an unknown key is an error.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A rule file is refused beyond this, in bytes: thousands of rules fit in a tenth of it.
const MOST_BYTES: u64 = 64 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    groups: Vec<Group>,
}

/// Rules that are evaluated together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    /// Its name.
    pub(super) name: String,
    interval: Option<String>,
    /// Labels of all of its rules, where they have none of that name themselves.
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    /// Its rules, alerts among them.
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
    #[serde(rename = "limit")]
    _limit: Option<i64>,
    #[serde(rename = "query_offset")]
    _query_offset: Option<String>,
}

/// A rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// The metric that a recording rule writes; alerts have none.
    pub(super) record: Option<String>,
    /// What is evaluated.
    pub(super) expr: String,
    /// Labels that the result gets.
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    alert: Option<String>,
    #[serde(rename = "for")]
    _for: Option<String>,
    #[serde(rename = "keep_firing_for")]
    _keep_firing_for: Option<String>,
    #[serde(default, rename = "annotations")]
    _annotations: BTreeMap<String, String>,
}

impl Group {
    /// Milliseconds between evaluations; `usual` where the group says nothing.
    pub(super) fn interval(&self, usual: i64) -> Result<i64> {
        match &self.interval {
            Some(text) => {
                Ok(model::duration::parse(text)?).map(|own| if own > 0 { own } else { usual })
            }
            None => Ok(usual),
        }
    }
}

/// Reads and checks the groups of a file.
pub(super) fn load(path: &Path) -> Result<Vec<Group>> {
    let name = path.display();
    let bytes = std::fs::metadata(path)
        .with_context(|| format!("{name}"))?
        .len();
    if bytes > MOST_BYTES {
        bail!("{name}: {bytes} bytes, and a rule file may have {MOST_BYTES}");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("{name}"))?;
    parse(&text).with_context(|| format!("{name}"))
}

fn parse(text: &str) -> Result<Vec<Group>> {
    let file: File = serde_saphyr::from_str(text)?;
    for group in &file.groups {
        let name = &group.name;
        group
            .interval(1)
            .with_context(|| format!("group {name:?}: interval"))?;
        for (place, rule) in group.rules.iter().enumerate() {
            let at = || format!("group {name:?}, rule {place}");
            match (&rule.record, &rule.alert) {
                (Some(_), Some(_)) => {
                    bail!("{}: only one of 'record' and 'alert' must be set", at())
                }
                (None, None) => bail!("{}: one of 'record' or 'alert' must be set", at()),
                _ => {}
            }
            promql::parse(&rule.expr).with_context(at)?;
        }
    }
    Ok(file.groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_strictly() {
        let text = "groups:\n- name: a\n  interval: 30s\n  labels: {team: x}\n  rules:\n  - record: b:c\n    expr: sum(up)\n  - alert: D\n    expr: up == 0\n    for: 5m\n";
        let groups = parse(text).unwrap();
        assert_eq!(groups[0].interval(1).unwrap(), 30_000);
        assert_eq!(groups[0].rules[0].record.as_deref(), Some("b:c"));
        for (from, to, reason) in [
            ("interval", "intervall", "intervall"),
            ("sum(up)", "sum(up", "rule 0"),
            ("30s", "fast", "interval"),
            ("record: b:c", "record: b:c\n    alert: E", "only one of"),
        ] {
            let error = format!("{:#}", parse(&text.replace(from, to)).err().unwrap());
            assert!(error.contains(reason), "{error}");
        }
    }
}
