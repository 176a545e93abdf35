//! A mapping file of statsd_exporter, as values.

use std::time::Duration;

use model::Search;

use crate::error::Fault;
use crate::sections::statsd::DEFAULTS;
use crate::statsd::{
    StatsdConfig, StatsdHistogram, StatsdKind, StatsdMapping, StatsdMatch, StatsdObserver,
    StatsdSummary,
};
use crate::table::{Item, Table, Value};

/// Parts of a glob, at most: names are looked for part by part, each a step deeper.
const MOST_PARTS: usize = 100;

/// What mappings take over where they say nothing.
struct Defaults {
    observer_type: String,
    match_type: String,
    ttl: Duration,
    summary: StatsdSummary,
    histogram: StatsdHistogram,
}

/// The checked document of a mapping file.
pub(crate) fn statsd(document: &Table) -> Result<StatsdConfig, Fault> {
    let nothing = Table::fresh(&DEFAULTS, document.at, String::new());
    let section = document.table("defaults").unwrap_or(&nothing);
    let defaults = Defaults {
        observer_type: section.text("observer_type").to_owned(),
        match_type: section.text("match_type").to_owned(),
        ttl: section.duration("ttl"),
        summary: summary(section.table("summary_options"), StatsdSummary::default()),
        histogram: histogram(
            section.table("histogram_options"),
            StatsdHistogram::default(),
        ),
    };
    let mappings = document.tables("mappings");
    Ok(StatsdConfig {
        first_glob_wins: !section.bool("glob_disable_ordering"),
        observer: match defaults.observer_type.as_str() {
            "histogram" => StatsdObserver::Histogram(defaults.histogram.clone()),
            _ => StatsdObserver::Summary(defaults.summary.clone()),
        },
        ttl: defaults.ttl,
        mappings: mappings
            .map(|one| mapping(one, &defaults))
            .collect::<Result<_, _>>()?,
    })
}

fn mapping(mapping: &Table, defaults: &Defaults) -> Result<StatsdMapping, Fault> {
    let ttl = mapping.duration("ttl");
    let labels = mapping.map("labels").iter();
    Ok(StatsdMapping {
        matches: matches(mapping, defaults)?,
        kind: match mapping.text("match_metric_type") {
            "counter" => Some(StatsdKind::Counter),
            "gauge" => Some(StatsdKind::Gauge),
            "observer" => Some(StatsdKind::Observer),
            _ => None,
        },
        drops: mapping.text("action") == "drop",
        name: mapping.text("name").to_owned(),
        labels: labels
            .map(|(name, value)| (name.clone(), value.text().to_owned()))
            .collect(),
        honor_labels: mapping.bool("honor_labels"),
        help: mapping.text("help").to_owned(),
        observer: observer(mapping, defaults)?,
        ttl: if ttl.is_zero() { defaults.ttl } else { ttl },
        scale: mapping.holds("scale").then(|| mapping.float("scale")),
    })
}

fn matches(mapping: &Table, defaults: &Defaults) -> Result<StatsdMatch, Fault> {
    let text = mapping.text("match");
    let given = match mapping.text("match_type") {
        "" => defaults.match_type.as_str(),
        given => given,
    };
    if given == "regex" {
        return Search::new(text)
            .map(StatsdMatch::Regex)
            .map_err(|error| mapping.fault("match", error.to_string()));
    }
    if !is_glob(text) {
        let message = format!(
            "{text:?} is no glob: parts between dots are * alone, or letters, digits, _ and - (the first one begins with no digit)"
        );
        return Err(mapping.fault("match", message));
    }
    let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
    if parts.len() > MOST_PARTS {
        let message = format!("a glob may have {MOST_PARTS} parts at most");
        return Err(mapping.fault("match", message));
    }
    Ok(StatsdMatch::Glob(parts))
}

fn is_glob(text: &str) -> bool {
    text.split('.').enumerate().all(|(place, part)| {
        let first = part.bytes().next();
        let begins = match first {
            Some(first) if place == 0 => first.is_ascii_alphabetic() || first == b'_',
            Some(first) => first.is_ascii_alphanumeric() || first == b'_',
            None => false,
        };
        let of_part = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        part == "*" || (begins && part.bytes().all(of_part))
    })
}

fn observer(mapping: &Table, defaults: &Defaults) -> Result<StatsdObserver, Fault> {
    let given = match mapping.text("observer_type") {
        "" => defaults.observer_type.as_str(),
        given => given,
    };
    let other = match given {
        "histogram" => Some("summary_options"),
        "summary" => Some("histogram_options"),
        _ => None,
    };
    if let Some(other) = other.filter(|other| mapping.holds(other)) {
        let message = format!("{other} cannot be given where the observer type is {given}");
        return Err(mapping.fault(other, message));
    }
    Ok(match given {
        "histogram" => {
            let options = mapping.table("histogram_options");
            StatsdObserver::Histogram(histogram(options, defaults.histogram.clone()))
        }
        _ => {
            let options = mapping.table("summary_options");
            StatsdObserver::Summary(summary(options, defaults.summary.clone()))
        }
    })
}

/// What is said, over what holds otherwise.
fn summary(options: Option<&Table>, mut summary: StatsdSummary) -> StatsdSummary {
    let Some(options) = options else {
        return summary;
    };
    if options.has("quantiles") {
        let quantiles = options.tables("quantiles");
        summary.quantiles = quantiles
            .map(|one| (one.float("quantile"), one.float("error")))
            .collect();
        summary.quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
        summary.quantiles.dedup_by(|a, b| a.0 == b.0);
    }
    if options.has("max_age") {
        summary.max_age = options.duration("max_age");
    }
    if options.has("age_buckets") {
        summary.age_buckets = u32::try_from(options.uint("age_buckets")).unwrap_or(u32::MAX);
    }
    summary
}

/// What is said, over what holds otherwise.
fn histogram(options: Option<&Table>, mut histogram: StatsdHistogram) -> StatsdHistogram {
    let Some(options) = options else {
        return histogram;
    };
    if options.has("buckets") {
        histogram.buckets = floats(options.list("buckets"));
        histogram.buckets.retain(|bound| *bound != f64::INFINITY);
    }
    if options.has("native_histogram_bucket_factor") {
        histogram.native_factor = options.float("native_histogram_bucket_factor");
    }
    if options.has("native_histogram_max_buckets") {
        let most = options.uint("native_histogram_max_buckets");
        histogram.native_max_buckets = u32::try_from(most).unwrap_or(u32::MAX);
    }
    histogram
}

/// The numbers of a list; null is zero.
pub(crate) fn floats(items: &[Item]) -> Vec<f64> {
    let number = |item: &Item| match item.value {
        Value::Float(number) => number,
        _ => 0.0,
    };
    items.iter().map(number).collect()
}
