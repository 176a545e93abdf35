//! Everything that is held, in the text form.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Family, FamilyKind};
use wire::exposition::write;
use wire::families::{LabelPairs, Metric, MetricFamily, write_head, write_metric};

use crate::group::Group;

/// A family of all groups.
struct Whole<'a> {
    kind: FamilyKind,
    help: Option<&'a str>,
    /// With the number of their labels.
    metrics: Vec<(usize, &'a Metric)>,
}

/// Writes all groups, beside what the program says of itself, which comes first where both have
/// a name; sorted by name, and metrics by how many labels they have and then by the labels' values.
/// Of descriptions that differ the first one is shown.
pub fn exposition(groups: &[Arc<Group>], own: &[Family], out: &mut String) {
    let said: Vec<[(MetricFamily, i64); 2]> = groups.iter().map(|group| group.own()).collect();
    let mut all: BTreeMap<&str, Whole<'_>> = BTreeMap::new();
    for family in groups.iter().flat_map(|group| &group.families) {
        add(&mut all, &family.family);
    }
    for (family, _) in said.iter().flatten() {
        add(&mut all, family);
    }
    let mut own: Vec<&Family> = own.iter().collect();
    own.sort_by(|one, other| one.name.cmp(&other.name));
    let mut own = own.into_iter().peekable();
    for (name, mut whole) in all {
        while let Some(before) = own.next_if(|family| family.name.as_str() < name) {
            write::text(std::slice::from_ref(before), out);
        }
        let same = own.next_if(|family| family.name == name && !family.points.is_empty());
        match same {
            Some(same) => {
                write::text(std::slice::from_ref(same), out);
                // Nobody may say another type of it.
                if same.kind != whole.kind {
                    continue;
                }
            }
            None => write_head(name, whole.kind, whole.help, out),
        }
        let by = |one: &(usize, &Metric), other: &(usize, &Metric)| {
            let by_count = one.0.cmp(&other.0);
            by_count.then_with(|| by_value(&one.1.labels, &other.1.labels))
        };
        whole.metrics.sort_by(by);
        for (_, metric) in whole.metrics {
            write_metric(name, metric, out);
        }
    }
    for family in own {
        write::text(std::slice::from_ref(family), out);
    }
}

fn add<'a>(all: &mut BTreeMap<&'a str, Whole<'a>>, family: &'a MetricFamily) {
    let whole = all.entry(&family.name).or_insert_with(|| Whole {
        kind: family.kind,
        help: None,
        metrics: Vec::new(),
    });
    whole.help = whole.help.or(family.help.as_deref());
    let counted = family
        .metrics
        .iter()
        .map(|metric| (metric.labels.len(), metric));
    whole.metrics.extend(counted);
}

fn by_value(one: &LabelPairs, other: &LabelPairs) -> Ordering {
    let (one, other) = (one.iter().map(|(_, v)| v), other.iter().map(|(_, v)| v));
    one.cmp(other)
}
