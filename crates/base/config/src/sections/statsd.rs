//! The mapping file of statsd_exporter.

use crate::error::Fault;
use crate::schema::{
    Kind, Section, boolean, field, go_duration, table, tables, text, text_map, uint,
};
use crate::table::Table;

/// Slices of time that a summary's window may be cut into: each keeps observations of its own.
const MOST_AGE_BUCKETS: u64 = 100;
/// Buckets that a histogram may have, classic ones as well as native ones.
const MOST_BUCKETS: usize = 10_000;

const OBSERVER_TYPES: Kind = Kind::Choice(&["", "summary", "histogram"]);
const MATCH_TYPES: Kind = Kind::Choice(&["", "glob", "regex"]);

/// A mapping file.
pub(crate) static STATSD: Section = Section::new(
    &[&[
        table("defaults", &DEFAULTS).fresh(),
        tables("mappings", &MAPPING),
    ]],
    &[],
);

/// What mappings take over where they say nothing.
pub(crate) static DEFAULTS: Section = Section::new(
    &[&[
        field("observer_type", OBSERVER_TYPES),
        field("match_type", MATCH_TYPES),
        boolean("glob_disable_ordering"),
        go_duration("ttl"),
        table("summary_options", &SUMMARY),
        table("histogram_options", &HISTOGRAM),
    ]],
    &[ttl],
);

static MAPPING: Section = Section::new(
    &[&[
        text("match").required(),
        text("name").required(),
        text_map("labels"),
        boolean("honor_labels"),
        field("observer_type", OBSERVER_TYPES),
        field("match_type", MATCH_TYPES),
        text("help"),
        field("action", Kind::Choice(&["", "map", "drop"])),
        field(
            "match_metric_type",
            Kind::Choice(&["", "counter", "gauge", "observer"]),
        ),
        go_duration("ttl"),
        table("summary_options", &SUMMARY),
        table("histogram_options", &HISTOGRAM),
        field("scale", Kind::Float),
    ]],
    &[ttl, name, labels],
);

static SUMMARY: Section = Section::new(
    &[&[
        tables("quantiles", &QUANTILE),
        go_duration("max_age"),
        uint("age_buckets"),
        uint("buf_cap"),
    ]],
    &[window],
);

static QUANTILE: Section = Section::new(
    &[&[
        field("quantile", Kind::Float).required(),
        field("error", Kind::Float),
    ]],
    &[share],
);

static HISTOGRAM: Section = Section::new(
    &[&[
        field("buckets", Kind::List(&Kind::Float)),
        field("native_histogram_bucket_factor", Kind::Float),
        uint("native_histogram_max_buckets"),
    ]],
    &[buckets],
);

fn ttl(section: &mut Table) -> Result<(), Fault> {
    if section.int("ttl") < 0 {
        return Err(section.fault("ttl", "must not be negative"));
    }
    Ok(())
}

fn window(summary: &mut Table) -> Result<(), Fault> {
    if summary.int("max_age") < 0 {
        return Err(summary.fault("max_age", "must not be negative"));
    }
    if summary.uint("age_buckets") > MOST_AGE_BUCKETS {
        let most = format!("must not be more than {MOST_AGE_BUCKETS}");
        return Err(summary.fault("age_buckets", most));
    }
    Ok(())
}

fn share(quantile: &mut Table) -> Result<(), Fault> {
    for key in ["quantile", "error"] {
        if !(0.0..=1.0).contains(&quantile.float(key)) {
            return Err(quantile.fault(key, "must be between 0 and 1"));
        }
    }
    Ok(())
}

fn buckets(histogram: &mut Table) -> Result<(), Fault> {
    let bounds = crate::build::statsd::floats(histogram.list("buckets"));
    let rising = bounds.is_sorted_by(|a, b| a < b) && !bounds.iter().any(|bound| bound.is_nan());
    if !rising {
        return Err(histogram.fault("buckets", "must be rising numbers"));
    }
    let native = usize::try_from(histogram.uint("native_histogram_max_buckets"));
    for (key, count) in [
        ("buckets", bounds.len()),
        ("native_histogram_max_buckets", native.unwrap_or(usize::MAX)),
    ] {
        if count > MOST_BUCKETS {
            let most = format!("there may be {MOST_BUCKETS} buckets at most");
            return Err(histogram.fault(key, most));
        }
    }
    if histogram.float("native_histogram_bucket_factor") < 0.0 {
        return Err(histogram.fault("native_histogram_bucket_factor", "must not be negative"));
    }
    Ok(())
}

/// A metric's name is letters, digits, `_` and references by number.
fn name(mapping: &mut Table) -> Result<(), Fault> {
    if is_name_template(mapping.text("name")) {
        return Ok(());
    }
    let message = format!(
        "{:?} is no metric name; letters, digits, _ and references such as ${{1}} were expected",
        mapping.text("name")
    );
    Err(mapping.fault("name", message))
}

fn is_name_template(name: &str) -> bool {
    let mut rest = name;
    let mut first = true;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        rest = match letter {
            '$' => {
                let inside = after.strip_prefix('{').unwrap_or(after);
                let behind = inside.trim_start_matches(|c: char| c.is_ascii_digit());
                if behind.len() == inside.len() {
                    return false;
                }
                behind.strip_prefix('}').unwrap_or(behind)
            }
            '_' => after,
            letter if letter.is_ascii_alphabetic() => after,
            digit if digit.is_ascii_digit() && !first => after,
            _ => return false,
        };
        first = false;
    }
    !first
}

fn labels(mapping: &mut Table) -> Result<(), Fault> {
    for (name, item) in mapping.map("labels") {
        // Names that begin so are the monitoring system's own.
        if !model::name::is_legacy_label(name) || name.starts_with("__") {
            let path = format!("{}.labels", mapping.path);
            return Err(Fault::new(
                item.at,
                path,
                format!("{name:?} is no label name"),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_references() {
        for (name, fits) in [
            ("a_b1", true),
            ("$1", true),
            ("${2}_total", true),
            ("a$0b", true),
            ("", false),
            ("1a", false),
            ("a.b", false),
            ("$x", false),
            ("a$", false),
        ] {
            assert_eq!(is_name_template(name), fits, "{name}");
        }
    }
}
