//! A text of metrics, family by family, as tools look at it and send it on.
//!
//! The samples of a histogram or summary become one metric; of a family that says nothing of its
//! kind each sample is one. The order is that of names.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, anyhow};
use model::name::quoted;
use model::{FamilyKind, LabelsBuilder, METRIC_NAME};
use wire::exposition::{Entry, Format, Parser, SeriesLine, parse_series};

/// What a family's numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Summary,
    /// Nothing was said.
    Untyped,
    Histogram,
    GaugeHistogram,
}

impl Kind {
    /// As texts and warnings name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Summary => "summary",
            Self::Untyped => "untyped",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gauge_histogram",
        }
    }
}

/// Metrics of one name.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) help: Option<String>,
    pub(crate) metrics: Vec<Metric>,
}

/// One metric of a family.
#[derive(Debug)]
pub(crate) struct Metric {
    /// Without the name, and without the label that tells a part from the others.
    pub(crate) labels: Vec<(String, String)>,
    /// Milliseconds since the epoch, where given.
    pub(crate) time: Option<i64>,
    pub(crate) content: Content,
}

/// What a metric says.
#[derive(Debug)]
pub(crate) enum Content {
    Value(f64),
    /// A histogram or summary.
    Parts {
        /// Upper bounds with what lies up to them, or quantiles with their values.
        parts: Vec<(f64, f64)>,
        sum: f64,
        count: f64,
    },
}

/// A family that is being read.
#[derive(Default)]
struct Draft {
    kind: Option<Kind>,
    help: Option<String>,
    metrics: Vec<Metric>,
    /// Places of histograms and summaries among the metrics, by labels.
    places: HashMap<Vec<(String, String)>, usize>,
}

/// Reads a text in the form 0.0.4. Families without a sample are left out.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Family>> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut parser = Parser::new(body, Format::Text004);
    let faulty =
        |line: usize, reason: &str| anyhow!("text format parsing error in line {line}: {reason}");
    while let Some(entry) = parser.next() {
        let taken = match entry {
            Err(error) => return Err(faulty(error.line, &error.reason)),
            Ok(entry) => take(&mut drafts, entry),
        };
        taken.map_err(|reason| faulty(parser.line(), &reason))?;
    }
    if body.last().is_some_and(|last| *last != b'\n') {
        return Err(faulty(parser.line(), "unexpected end of input stream"));
    }
    let families = drafts.into_iter().map(|(name, draft)| Family {
        name,
        kind: draft.kind.unwrap_or(Kind::Untyped),
        help: draft.help,
        metrics: draft.metrics,
    });
    Ok(families
        .filter(|family| !family.metrics.is_empty())
        .collect())
}

/// Puts what a line says where it belongs.
fn take(drafts: &mut BTreeMap<String, Draft>, entry: Entry<'_>) -> Result<(), String> {
    match entry {
        Entry::Help { metric, text } => {
            let draft = drafts.entry(metric.to_owned()).or_default();
            if draft.help.is_some() {
                let metric = quoted(metric);
                return Err(format!("second HELP line for metric name {metric}"));
            }
            draft.help = Some(text.into_owned());
        }
        Entry::Type { metric, kind } => {
            let draft = drafts.entry(metric.to_owned()).or_default();
            if draft.kind.is_some() {
                let metric = quoted(metric);
                return Err(format!(
                    "second TYPE line for metric name {metric}, or TYPE reported after samples"
                ));
            }
            draft.kind = Some(kind_of(kind));
        }
        Entry::Series(line) => sample(drafts, &line)?,
        Entry::Histogram(_) | Entry::Unit { .. } | Entry::Comment => {}
    }
    Ok(())
}

fn kind_of(kind: FamilyKind) -> Kind {
    match kind {
        FamilyKind::Counter => Kind::Counter,
        FamilyKind::Gauge => Kind::Gauge,
        FamilyKind::Histogram => Kind::Histogram,
        FamilyKind::GaugeHistogram => Kind::GaugeHistogram,
        FamilyKind::Summary => Kind::Summary,
        FamilyKind::Info | FamilyKind::StateSet | FamilyKind::Unknown => Kind::Untyped,
    }
}

/// What a sample is within its family.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// The metric itself, or a part of it.
    Own,
    Sum,
    Count,
    Bucket,
}

fn sample(drafts: &mut BTreeMap<String, Draft>, line: &SeriesLine<'_>) -> Result<(), String> {
    let mut labels = LabelsBuilder::new();
    parse_series(line.series, Format::Text004, &mut labels).map_err(|error| error.reason)?;
    let name = labels.get(METRIC_NAME).to_owned();
    let (family, role) = family_of(drafts, &name);
    let draft = drafts.entry(family).or_default();
    let kind = *draft.kind.get_or_insert(Kind::Untyped);
    let split = match kind {
        Kind::Histogram | Kind::GaugeHistogram => Some("le"),
        Kind::Summary => Some("quantile"),
        _ => None,
    };
    let part = split.map(|label| labels.get(label).to_owned());
    let pairs: Vec<(String, String)> = labels
        .iter()
        .filter(|(name, _)| *name != METRIC_NAME && Some(*name) != split)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let Some(split) = split else {
        draft.metrics.push(Metric {
            labels: pairs,
            time: line.timestamp,
            content: Content::Value(line.value),
        });
        return Ok(());
    };
    let next = draft.metrics.len();
    let place = *draft.places.entry(pairs.clone()).or_insert(next);
    if place == next {
        draft.metrics.push(Metric {
            labels: pairs,
            time: line.timestamp,
            content: Content::Parts {
                parts: Vec::new(),
                sum: 0.0,
                count: 0.0,
            },
        });
    }
    let Some(Metric {
        content: Content::Parts { parts, sum, count },
        time,
        ..
    }) = draft.metrics.get_mut(place)
    else {
        return Ok(());
    };
    *time = line.timestamp.or(*time);
    match (role, part.filter(|part| !part.is_empty())) {
        (Role::Sum, _) => *sum = line.value,
        (Role::Count, _) => *count = line.value.trunc(),
        (_, Some(text)) => {
            let bound: f64 = text.parse().map_err(|_| {
                format!("expected float as value for '{split}' label, got {text:?}")
            })?;
            parts.push((bound, line.value));
        }
        // Neither a part nor a sum: upstream passes it over, too.
        (Role::Own | Role::Bucket, None) => {}
    }
    Ok(())
}

/// The family that a sample belongs to, and what it is there: what was said of families before
/// decides.
fn family_of(drafts: &BTreeMap<String, Draft>, name: &str) -> (String, Role) {
    if drafts.contains_key(name) {
        return (name.to_owned(), Role::Own);
    }
    for (suffix, role) in [
        ("_count", Role::Count),
        ("_sum", Role::Sum),
        ("_bucket", Role::Bucket),
    ] {
        let Some(family) = name
            .strip_suffix(suffix)
            .filter(|family| !family.is_empty())
        else {
            continue;
        };
        let kind = drafts.get(family).and_then(|draft| draft.kind);
        let belongs = match kind {
            Some(Kind::Histogram | Kind::GaugeHistogram) => true,
            Some(Kind::Summary) => role != Role::Bucket,
            _ => false,
        };
        if belongs {
            return (family.to_owned(), role);
        }
    }
    (name.to_owned(), Role::Own)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_become_one_metric() {
        let text = "# TYPE h histogram\nh_bucket{a=\"1\",le=\"0.5\"} 1\nh_bucket{a=\"1\",le=\"+Inf\"} 3\nh_sum{a=\"1\"} 2.5\nh_count{a=\"1\"} 3\nh_bucket{a=\"2\",le=\"1\"} 1\n# TYPE s summary\ns{quantile=\"0.5\"} 7\ns_count 2\ng_count 1\n# HELP empty e\n";
        let families = read(text.as_bytes()).unwrap();
        let names: Vec<&str> = families.iter().map(|family| family.name.as_str()).collect();
        assert_eq!(names, ["g_count", "h", "s"]);
        let Content::Parts { parts, sum, count } = &families[1].metrics[0].content else {
            panic!("a histogram")
        };
        assert_eq!(parts, &[(0.5, 1.0), (f64::INFINITY, 3.0)]);
        assert_eq!((*sum, *count, families[1].metrics.len()), (2.5, 3.0, 2));
        assert_eq!(families[2].kind, Kind::Summary);
    }

    #[test]
    fn faults_name_the_line() {
        for (text, said) in [
            ("a 1\n# TYPE a gauge\n", "line 2: second TYPE line"),
            ("# HELP a b\n# HELP a b\n", "line 2: second HELP line"),
            ("a 1", "unexpected end of input stream"),
            ("a{ 1\n", "line 1: "),
            (
                "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n",
                "line 2: expected float as value for 'le' label, got \"x\"",
            ),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, text in "[#a-z_{}\"=,0-9 \nTYPEHL]{0,80}") {
            let _ = (read(&bytes), read(text.as_bytes()));
        }
    }
}
