//! `route`, `inhibit_rules` and the named times.

use crate::error::Fault;
use crate::schema::{
    Field, Kind, Section, boolean, duration, field, tables, text, text_map, texts,
};
use crate::table::Table;

/// `route` and each of its `routes`.
pub(super) static ROUTE: Section = Section::new(
    &[&[
        text("receiver"),
        texts("group_by").in_line(),
        text_map("match"),
        PATTERNS_OF_ROUTE,
        texts("matchers"),
        texts("mute_time_intervals").in_line(),
        texts("active_time_intervals").in_line(),
        boolean("continue").shown(),
        text_map("labels"),
        field("routes", Kind::Tables(&ROUTE)),
        duration("group_wait"),
        duration("group_interval"),
        duration("repeat_interval"),
    ]],
    &[
        |route| names(route, "match"),
        |route| patterns(route, "match_re"),
        group_by,
        intervals,
    ],
);

const PATTERNS_OF_ROUTE: Field = field("match_re", Kind::Map(&Kind::Regex));

pub(super) static INHIBIT_RULE: Section = Section::new(
    &[&[
        text("name"),
        text_map("source_match"),
        field("source_match_re", Kind::Map(&Kind::Regex)),
        texts("source_matchers"),
        text_map("target_match"),
        field("target_match_re", Kind::Map(&Kind::Regex)),
        texts("target_matchers"),
        texts("equal").in_line(),
    ]],
    &[
        |rule| names(rule, "source_match"),
        |rule| names(rule, "target_match"),
        |rule| patterns(rule, "source_match_re"),
        |rule| patterns(rule, "target_match_re"),
        |rule| label_list(rule, "equal"),
    ],
);

/// The older maps take names of the classic alphabet only.
fn names(section: &mut Table, key: &str) -> Result<(), Fault> {
    for (name, item) in section.map(key) {
        if !model::name::is_legacy_label(name) {
            let mut fault = section.fault(key, format!("invalid label name {name:?}"));
            fault.at = item.at;
            return Err(fault);
        }
    }
    Ok(())
}

fn patterns(section: &mut Table, key: &str) -> Result<(), Fault> {
    names(section, key)?;
    for (name, item) in section.map(key) {
        if item.value == crate::table::Value::Null {
            let mut fault = section.fault(key, format!("invalid regexp value for {name:?}"));
            fault.at = item.at;
            return Err(fault);
        }
    }
    Ok(())
}

fn label_list(section: &mut Table, key: &str) -> Result<(), Fault> {
    for item in section.list(key) {
        if item.text().is_empty() {
            let mut fault = section.fault(key, format!("invalid label name \"\" in {key} list"));
            fault.at = item.at;
            return Err(fault);
        }
    }
    Ok(())
}

/// Whether a label of `group_by` stands for all of them.
pub(in crate::alertmanager) fn is_all_labels(label: &str) -> bool {
    label == "..."
}

fn group_by(route: &mut Table) -> Result<(), Fault> {
    label_list(route, "group_by")?;
    let labels = route.list("group_by");
    let all = labels.iter().any(|item| is_all_labels(item.text()));
    if all && labels.iter().any(|item| !is_all_labels(item.text())) {
        return Err(route.fault(
            "group_by",
            "cannot have wildcard group_by (`...`) and other labels at the same time",
        ));
    }
    let mut seen = std::collections::HashSet::new();
    for item in labels {
        if !all && !seen.insert(item.text()) {
            let mut fault = route.fault(
                "group_by",
                format!("duplicated label {:?} in group_by", item.text()),
            );
            fault.at = item.at;
            return Err(fault);
        }
    }
    Ok(())
}

fn intervals(route: &mut Table) -> Result<(), Fault> {
    for key in ["group_interval", "repeat_interval"] {
        if route.holds(key) && route.int(key) == 0 {
            return Err(route.fault(key, format!("{key} cannot be zero")));
        }
    }
    Ok(())
}

/// One of `mute_time_intervals`, the older name.
pub(super) static MUTE_TIME_INTERVAL: Section = Section::new(
    INTERVAL,
    &[|interval| named(interval, "mute time interval")],
);

/// One of `time_intervals`.
pub(super) static TIME_INTERVAL: Section =
    Section::new(INTERVAL, &[|interval| named(interval, "time interval")]);

const INTERVAL: &[&[Field]] = &[&[text("name"), tables("time_intervals", &PERIOD)]];

fn named(interval: &mut Table, what: &str) -> Result<(), Fault> {
    if interval.has("name") {
        return Ok(());
    }
    Err(interval.fault("name", format!("missing name in {what}")))
}

static PERIOD: Section = Section::new(
    &[&[
        tables("times", &TIME_RANGE),
        texts("weekdays").in_line(),
        texts("days_of_month").in_line(),
        texts("months").in_line(),
        texts("years").in_line(),
        text("location"),
    ]],
    &[],
);

static TIME_RANGE: Section = Section::new(&[&[text("start_time"), text("end_time")]], &[]);
