//! `argand am template render`: a text as a notification would have it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use contract::{Clock, SystemClock};
use jiff::Timestamp;
use model::Labels;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use template::alertmanager::{Data, GivenAlert, GivenGroup};

use crate::alertmanager::read_templates;

/// Renders a text with the templates of files.
#[derive(Args)]
pub(super) struct Arguments {
    /// Patterns of template files.
    #[arg(long = "template.glob", required = true)]
    globs: Vec<PathBuf>,
    /// The text to be rendered.
    #[arg(long = "template.text")]
    text: String,
    /// How values are escaped.
    #[arg(long = "template.type", value_enum, default_value = "text")]
    kind: Kind,
    /// A file with the data as JSON, as webhooks are sent it; a made-up group where none is given.
    #[arg(long = "template.data")]
    data: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Text,
    Html,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let templates = read_templates(&arguments.globs)?;
    let now = SystemClock.now();
    let group = match &arguments.data {
        None => made_up(now),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("reading {}", path.display()))?;
            let group: Group = serde_json::from_str(&text)
                .with_context(|| format!("{}: no data of a notification", path.display()))?;
            group.given()
        }
    };
    let data = Data::given(&group, now);
    let rendered = match arguments.kind {
        Kind::Text => templates.text(&arguments.text, &data)?,
        Kind::Html => templates.html(&arguments.text, &data)?,
    };
    out.write_all(rendered.as_bytes())?;
    Ok(())
}

/// The body of a webhook.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Group {
    receiver: String,
    status: String,
    alerts: Vec<Alert>,
    #[serde(rename = "notification_reason")]
    reason: String,
    group_labels: BTreeMap<String, String>,
    common_labels: BTreeMap<String, String>,
    common_annotations: BTreeMap<String, String>,
    route_labels: BTreeMap<String, String>,
    #[serde(rename = "externalURL")]
    external_url: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Alert {
    status: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "moment")]
    starts_at: Option<i64>,
    #[serde(deserialize_with = "moment")]
    ends_at: Option<i64>,
    #[serde(rename = "generatorURL")]
    generator_url: String,
    fingerprint: String,
}

/// A moment as RFC 3339 has it, in milliseconds since the epoch.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let moment: Timestamp = text.parse().map_err(D::Error::custom)?;
    Ok(Some(moment.as_millisecond()))
}

impl Group {
    fn given(self) -> GivenGroup {
        let labels = |map: &BTreeMap<String, String>| Labels::from_pairs(map.iter());
        GivenGroup {
            alerts: self.alerts.into_iter().map(Alert::given).collect(),
            group_labels: labels(&self.group_labels),
            common_labels: labels(&self.common_labels),
            common_annotations: labels(&self.common_annotations),
            route_labels: labels(&self.route_labels),
            receiver: self.receiver,
            status: self.status,
            reason: self.reason,
            external_url: self.external_url,
        }
    }
}

impl Alert {
    fn given(self) -> GivenAlert {
        GivenAlert {
            labels: Labels::from_pairs(self.labels.iter()),
            annotations: Labels::from_pairs(self.annotations.iter()),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            status: self.status,
            generator_url: self.generator_url,
            fingerprint: self.fingerprint,
        }
    }
}

/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// The group that amtool makes up, too.
fn made_up(now: i64) -> GivenGroup {
    let common = |what: &str| {
        [1, 2].map(|n| {
            (
                format!("common{what}key{n}"),
                format!("common{what}value{n}"),
            )
        })
    };
    let with_common = |own: &[(&str, &str)], what: &str| {
        let own = own
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Labels::from_pairs(own.chain(common(what)))
    };
    let alert = |status: &str, labels, annotations, minutes: i64, fingerprint: &str| GivenAlert {
        status: status.to_owned(),
        labels: with_common(labels, "label"),
        annotations: with_common(annotations, "annotation"),
        starts_at: Some(now - minutes * MINUTE),
        ends_at: Some(now),
        generator_url: "https://generatorurl.com".to_owned(),
        fingerprint: fingerprint.to_owned(),
    };
    GivenGroup {
        receiver: "receiver".to_owned(),
        status: "alertstatus".to_owned(),
        alerts: vec![
            alert(
                "firing",
                &[
                    ("label1", "value1"),
                    ("label2", "value2"),
                    ("instance", "foo.bar:1234"),
                ],
                &[("annotation1", "value1"), ("annotation2", "value2")],
                5,
                "fingerprint1",
            ),
            alert(
                "resolved",
                &[("foo", "bar"), ("baz", "qux")],
                &[("aaa", "bbb"), ("ccc", "ddd")],
                10,
                "fingerprint2",
            ),
        ],
        group_labels: Labels::from_pairs([
            ("grouplabelkey1", "grouplabelvalue1"),
            ("grouplabelkey2", "grouplabelvalue2"),
        ]),
        common_labels: Labels::from_pairs(common("label")),
        common_annotations: Labels::from_pairs(common("annotation")),
        external_url: "https://example.com".to_owned(),
        ..GivenGroup::default()
    }
}
