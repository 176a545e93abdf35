//! What all groups hold, by name and by series: whether a push agrees with it is told by the
//! push's own size.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::Arc;

use model::{Family, FamilyKind};
use rapidhash::fast::RandomState;
use rapidhash::{HashMapExt as _, RapidHashMap, RapidHashSet};
use wire::families::{LabelPairs, Metric, MetricFamily, describe};

use crate::group::{Group, Held, PUSH_TIME};

/// Errors that one answer lists; a push may have millions of metrics.
const MOST_TOLD: usize = 100;

/// Bytes of a metric in an error.
const MOST_SHOWN: usize = 4096;

/// The names and the series of all groups.
pub(crate) struct Catalog {
    names: RapidHashMap<Box<str>, Name>,
    /// What metrics are known by.
    metrics: RapidHashSet<u64>,
    hashing: RandomState,
    series: usize,
}

/// What a name stands for, and in how many groups.
struct Name {
    kind: FamilyKind,
    groups: usize,
    is_own: bool,
}

impl Catalog {
    /// An empty catalog beside what the program says of itself.
    pub(crate) fn new(own: &[Family]) -> Self {
        let mut catalog = Self {
            names: RapidHashMap::new(),
            metrics: RapidHashSet::default(),
            hashing: RandomState::default(),
            series: 0,
        };
        for family in own {
            let name = Name {
                kind: family.kind,
                groups: 1,
                is_own: true,
            };
            catalog.names.insert(family.name.as_str().into(), name);
        }
        catalog
    }

    /// Series of all groups.
    pub(crate) fn series(&self) -> usize {
        self.series
    }

    fn hash(&self, name: &str, labels: &LabelPairs) -> u64 {
        self.hashing.hash_one((name, labels.as_bytes()))
    }

    /// A family as it is held, from what was read.
    pub(crate) fn held(&self, family: MetricFamily, time: i64) -> Arc<Held> {
        let hash = |metric: &Metric| self.hash(&family.name, &metric.labels);
        let hashes = family.metrics.iter().map(hash).collect();
        Arc::new(Held {
            family,
            time,
            hashes,
        })
    }

    /// What a group is known by beside its families: two groups may show the same labels, where
    /// one says that its instance is empty.
    fn own_hash(&self, group: &Group) -> u64 {
        let [_, (pushed, _)] = group.own();
        let labels = pushed
            .metrics
            .into_iter()
            .next()
            .map(|metric| metric.labels);
        self.hash(PUSH_TIME, &labels.unwrap_or_default())
    }

    /// Whether a new group would show what another one does.
    pub(crate) fn check_new(&self, group: &Group) -> Result<(), String> {
        if !self.metrics.contains(&self.own_hash(group)) {
            return Ok(());
        }
        let [_, (pushed, _)] = group.own();
        Err(pushed
            .metrics
            .first()
            .map_or_else(String::new, |metric| before(&pushed, metric)))
    }

    /// Whether families agree with each other and with all that stays when they take the place of
    /// those in `old` that `goes` names.
    pub(crate) fn check(
        &self,
        new: &[Arc<Held>],
        old: Option<&Group>,
        goes: impl Fn(&Held) -> bool,
    ) -> Result<(), String> {
        let mut errors = Vec::new();
        let stays = |name: &str| {
            let known = self.names.get(name)?;
            let gone = old
                .and_then(|old| old.family(name))
                .is_some_and(|held| goes(held));
            (known.groups > usize::from(gone)).then_some(known)
        };
        let named = |name: &str| {
            let among = new.binary_search_by(|held| (*held.family.name).cmp(name));
            let among = among.ok().and_then(|place| new.get(place));
            among
                .map(|held| held.family.kind)
                .or_else(|| stays(name).map(|known| known.kind))
        };
        for held in new {
            let former = old.and_then(|old| old.family(&held.family.name));
            if former.is_some_and(|former| former.is_like(held)) {
                continue;
            }
            let name = &*held.family.name;
            if let Some(known) = stays(name).filter(|known| known.kind != held.family.kind) {
                told_kind(known, &held.family, &mut errors);
            }
            errors.extend(collision(name, named).or_else(|| {
                // Of two that come together one has been told of.
                parts_collide(name, held.family.kind, |part| stays(part).is_some())
            }));
            self.check_metrics(held, former, &mut errors);
            if errors.len() > MOST_TOLD {
                break;
            }
        }
        match errors.as_slice() {
            [] => Ok(()),
            [one] => Err(one.clone()),
            all => {
                let mut text = format!("{} error(s) occurred:", all.len());
                for error in all.iter().take(MOST_TOLD) {
                    text.push_str("\n* ");
                    text.push_str(error);
                }
                Err(text)
            }
        }
    }

    /// Whether each metric of a family is the only one of its labels.
    fn check_metrics(&self, held: &Held, former: Option<&Arc<Held>>, errors: &mut Vec<String>) {
        let own: HashSet<u64> = former
            .iter()
            .flat_map(|former| former.hashes.iter().copied())
            .collect();
        let mut seen = HashSet::with_capacity(held.hashes.len());
        for (hash, metric) in held.hashes.iter().zip(&held.family.metrics) {
            let is_first = seen.insert(*hash);
            let is_elsewhere = self.metrics.contains(hash) && !own.contains(hash);
            if (!is_first || is_elsewhere) && errors.len() <= MOST_TOLD {
                errors.push(before(&held.family, metric));
            }
        }
    }

    /// A family came, and another of its name went, both of one group.
    pub(crate) fn replace(&mut self, old: Option<&Held>, new: Option<&Held>) {
        self.series -= old.map_or(0, Held::series).min(self.series);
        self.series += new.map_or(0, Held::series);
        if let (Some(old), Some(new)) = (old, new)
            && old.is_like(new)
        {
            return;
        }
        if let Some(old) = old {
            for hash in &old.hashes {
                self.metrics.remove(hash);
            }
            if let Some(name) = self.names.get_mut(&old.family.name) {
                name.groups = name.groups.saturating_sub(1);
                if name.groups == 0 {
                    self.names.remove(&old.family.name);
                }
            }
        }
        if let Some(new) = new {
            self.metrics.extend(&new.hashes);
            if let Some(name) = self.names.get_mut(&new.family.name) {
                name.groups += 1;
            } else {
                let name = Name {
                    kind: new.family.kind,
                    groups: 1,
                    is_own: false,
                };
                self.names.insert(new.family.name.clone(), name);
            }
        }
    }

    /// A group came, without its families.
    pub(crate) fn add_group(&mut self, group: &Group) {
        let hash = self.own_hash(group);
        self.metrics.insert(hash);
        self.series += 2;
    }

    /// A group went, without its families.
    pub(crate) fn remove_group(&mut self, group: &Group) {
        let hash = self.own_hash(group);
        self.metrics.remove(&hash);
        self.series = self.series.saturating_sub(2);
    }
}

/// A metric as errors show it, cut: its labels may be as long as a body.
fn shown(family: &MetricFamily, metric: &Metric) -> String {
    let mut shown = describe(family, metric);
    if shown.len() > MOST_SHOWN {
        let end = (0..=MOST_SHOWN)
            .rev()
            .find(|end| shown.is_char_boundary(*end));
        shown.truncate(end.unwrap_or(0));
        shown.push_str("... ");
    }
    shown
}

fn before(family: &MetricFamily, metric: &Metric) -> String {
    format!(
        "collected metric \"{}\" {{ {}}} was collected before with the same name and label values",
        family.name,
        shown(family, metric)
    )
}

/// A family has another type than its name stands for.
fn told_kind(known: &Name, family: &MetricFamily, errors: &mut Vec<String>) {
    let upper = |kind: FamilyKind| match kind {
        FamilyKind::Unknown => "UNTYPED".to_owned(),
        kind => kind.as_str().to_ascii_uppercase(),
    };
    let name = &family.name;
    if known.is_own {
        let (has, should) = (upper(family.kind), upper(known.kind));
        errors.push(format!(
            "gathered metric family {name} has type {has} but should have {should}"
        ));
        return;
    }
    let should = match known.kind {
        FamilyKind::Counter => "Counter",
        FamilyKind::Gauge => "Gauge",
        FamilyKind::Summary => "Summary",
        FamilyKind::Histogram | FamilyKind::GaugeHistogram => "Histogram",
        _ => "Untyped",
    };
    for metric in family.metrics.iter().take(MOST_TOLD) {
        let shown = shown(family, metric);
        errors.push(format!(
            "collected metric \"{name}\" {{ {shown}}} is not a {should}"
        ));
    }
}

/// Which histogram or summary a name would be mistaken for a part of. `named` tells what another
/// name stands for.
fn collision(name: &str, named: impl Fn(&str) -> Option<FamilyKind>) -> Option<String> {
    for suffix in ["_count", "_sum", "_bucket"] {
        let Some(whole) = name.strip_suffix(suffix) else {
            continue;
        };
        let of = match named(whole) {
            Some(FamilyKind::Histogram | FamilyKind::GaugeHistogram) => "histogram",
            Some(FamilyKind::Summary) if suffix != "_bucket" => "summary",
            _ => continue,
        };
        return Some(format!(
            "collected metric named \"{name}\" collides with previously collected {of} named \"{whole}\""
        ));
    }
    None
}

/// Which name would be mistaken for a part of a histogram or summary.
fn parts_collide(name: &str, kind: FamilyKind, is_named: impl Fn(&str) -> bool) -> Option<String> {
    let is_histogram = matches!(kind, FamilyKind::Histogram | FamilyKind::GaugeHistogram);
    if !is_histogram && kind != FamilyKind::Summary {
        return None;
    }
    let suffixes = [
        ("_count", "histogram or summary"),
        ("_sum", "histogram or summary"),
        ("_bucket", "histogram"),
    ];
    for (suffix, what) in suffixes {
        let part = format!("{name}{suffix}");
        if (is_histogram || suffix != "_bucket") && is_named(&part) {
            return Some(format!(
                "collected {what} named \"{name}\" collides with previously collected metric named \"{part}\""
            ));
        }
    }
    None
}
