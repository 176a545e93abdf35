//! Panels that show what others hold: another panel's result, or a panel of the library.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::json::{flag, get, list, object_of, some_text, text, whole};
use crate::model::Object;

/// How far one panel may point to another, which points to a further one.
const MAX_DEPTH: usize = 8;

/// Queries of other panels that one panel may look at: panels may point to each other in circles.
const MAX_STEPS: usize = 500;

/// Bytes of what one panel takes from another, or from the library: each of them may be pointed at
/// by all others.
const MAX_BYTES: usize = 32 << 10;

/// What of a panel those show that show its result.
const PARTS: [&str; 7] = [
    "datasource",
    "targets",
    "transformations",
    "interval",
    "maxDataPoints",
    "timeFrom",
    "timeShift",
];

/// The panels of a document that others refer to.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Panels whose results others show, by number.
    panels: HashMap<u32, Value>,
    /// Panels of the library that came with the document, by uid.
    library: HashMap<String, Value>,
}

/// A query of a panel, with the panel that it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'v> {
    /// The panel whose data source holds where the query names none.
    pub(crate) panel: &'v Value,
    /// The query.
    pub(crate) target: &'v Value,
    /// Its place in the list of the panel that is read.
    pub(crate) place: usize,
}

/// A walk from a panel to those whose results it shows.
struct Gathering<'v> {
    shared: &'v Shared,
    found: Vec<Asked<'v>>,
    /// Queries that may yet be looked at in other panels.
    steps: usize,
    /// Bytes of other panels' queries that may yet be taken.
    bytes: usize,
}

impl<'v> Gathering<'v> {
    /// Takes a query, or those that it stands for; whether all of them are there.
    fn take(&mut self, panel: &'v Value, target: &'v Value, place: usize, depth: usize) -> bool {
        let Some(number) = number_in(panel, target) else {
            if depth > 0 {
                let size = target.to_string().len();
                let Some(left) = self.bytes.checked_sub(size) else {
                    return false;
                };
                self.bytes = left;
            }
            self.found.push(Asked {
                panel,
                target,
                place,
            });
            return true;
        };
        let Some(other) = self
            .shared
            .panels
            .get(&number)
            .filter(|_| depth < MAX_DEPTH)
        else {
            return false;
        };
        let mut is_whole = true;
        for target in list(other, "targets") {
            let Some(left) = self.steps.checked_sub(1) else {
                return false;
            };
            self.steps = left;
            is_whole &= self.take(other, target, place, depth + 1);
        }
        is_whole
    }
}

impl Shared {
    /// Those of a document.
    pub(crate) fn of(document: &Value) -> Self {
        let rows = list(document, "rows").iter();
        let top = || {
            let in_rows = rows.clone().flat_map(|row| list(row, "panels"));
            list(document, "panels").iter().chain(in_rows)
        };
        let all = || top().flat_map(|panel| std::iter::once(panel).chain(list(panel, "panels")));
        let wanted: HashSet<u32> = all().flat_map(pointed_at).collect();
        let panels = all().filter_map(|panel| {
            let number = whole(panel, "id").filter(|number| wanted.contains(number))?;
            let parts = PARTS.map(|key| (key, get(panel, key).clone()));
            let parts = Value::Object(object_of(parts));
            (parts.to_string().len() <= MAX_BYTES).then_some((number, parts))
        });
        let elements = get(document, "__elements");
        let named = elements.as_object().into_iter().flat_map(Object::iter);
        let named = named.map(|(uid, one)| (uid.clone(), one));
        let listed = elements.as_array().into_iter().flatten();
        let listed = listed.filter_map(|one| Some((some_text(one, "uid")?, one)));
        let library = named.chain(listed).filter_map(|(uid, one)| {
            let model = get(one, "model");
            (model.to_string().len() <= MAX_BYTES).then(|| (uid, model.clone()))
        });
        Self {
            panels: panels.collect(),
            library: library.collect(),
        }
    }

    /// What a panel asks: its own queries, and those of the panels whose results it shows; and
    /// whether all of these are in the document.
    pub(crate) fn targets<'v>(&'v self, panel: &'v Value) -> (Vec<Asked<'v>>, bool) {
        let mut gathering = Gathering {
            shared: self,
            found: Vec::new(),
            steps: MAX_STEPS,
            bytes: MAX_BYTES,
        };
        let mut is_whole = true;
        for (place, target) in list(panel, "targets").iter().enumerate() {
            is_whole &= gathering.take(panel, target, place, 0);
        }
        (gathering.found, is_whole)
    }

    /// The panel whose result a panel shows, where it shows one and nothing else.
    pub(crate) fn shown_by(&self, panel: &Value) -> Option<&Value> {
        match list(panel, "targets") {
            [one] => self.panels.get(&number_in(panel, one)?),
            _ => None,
        }
    }

    /// Whether a panel shows what another one's transformations made of its answers.
    pub(crate) fn with_transformations(panel: &Value) -> bool {
        let targets = list(panel, "targets");
        targets.iter().any(|target| flag(target, "withTransforms"))
    }

    /// A panel of the library with its own place; `None` where it is none, or is not here.
    pub(crate) fn of_library(&self, panel: &Value) -> Option<Value> {
        let reference = get(panel, "libraryPanel");
        let inline = get(reference, "model");
        let model = match inline.is_object() {
            true => inline,
            false => self.library.get(&text(reference, "uid"))?,
        };
        let mut whole = model.as_object()?.clone();
        for (key, value) in panel.as_object()?.iter() {
            let says = !value.is_null() && value.as_str() != Some("");
            if says && key != "libraryPanel" {
                whole.insert(key.clone(), value.clone());
            }
        }
        Some(Value::Object(whole))
    }
}

/// The numbers of the panels whose results a panel shows.
fn pointed_at(panel: &Value) -> impl Iterator<Item = u32> {
    let targets = list(panel, "targets").iter();
    targets.filter_map(|target| number_in(panel, target))
}

/// The number of the panel that a query stands for.
fn number_in(panel: &Value, target: &Value) -> Option<u32> {
    let names = |holder| {
        let source = get(holder, "datasource");
        let named = [source.as_str(), get(source, "uid").as_str()];
        named.contains(&Some("-- Dashboard --"))
    };
    whole(target, "panelId").filter(|_| names(panel) || names(target))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_of_other_panels_are_found_through_each_other() {
        let here = json!({"uid": "-- Dashboard --"});
        let document = json!({"panels": [
            {"id": 1, "targets": [{"expr": "a"}, {"expr": "b"}]},
            {"id": 2, "datasource": here, "targets": [{"panelId": 1}]},
            {"id": 3, "datasource": "-- Mixed --", "targets": [
                {"expr": "c"}, {"panelId": 2, "datasource": here}]},
            {"id": 4, "datasource": here, "targets": [{"panelId": 4}]},
            {"id": 5, "datasource": here, "targets": [{"panelId": 99}]},
            {"id": 6, "datasource": here, "targets": vec![json!({"panelId": 6}); 100]},
            {"id": 7, "targets": vec![json!({"expr": "x".repeat(10_000)}); 3]},
            {"id": 8, "datasource": here, "targets": vec![json!({"panelId": 7}); 100]},
        ]});
        let shared = Shared::of(&document);
        let asked = |place: usize| {
            let (found, is_whole) = shared.targets(&document["panels"][place]);
            let expressions = found.iter().map(|asked| text(asked.target, "expr"));
            (expressions.collect::<Vec<_>>().join(","), is_whole)
        };
        assert_eq!(asked(1), ("a,b".to_owned(), true));
        assert_eq!(asked(2), ("c,a,b".to_owned(), true));
        assert_eq!(asked(3), (String::new(), false));
        assert_eq!(asked(4), (String::new(), false));
        // Circles end, and nothing is taken without an end.
        assert_eq!(asked(5), (String::new(), false));
        assert_eq!(shared.targets(&document["panels"][7]).0.len(), 3);
    }

    #[test]
    fn a_panel_of_the_library_keeps_its_place() {
        let document =
            json!({"__elements": {"x": {"model": {"type": "stat", "title": "From there"}}}});
        let shared = Shared::of(&document);
        for reference in [
            json!({"uid": "x"}),
            json!({"uid": "y", "model": {"type": "stat", "title": "From there"}}),
        ] {
            let panel = json!({"id": 7, "title": "", "libraryPanel": reference});
            assert_eq!(
                shared.of_library(&panel),
                Some(json!({"id": 7, "type": "stat", "title": "From there"}))
            );
        }
        let panel = json!({"libraryPanel": {"uid": "y"}});
        assert_eq!(shared.of_library(&panel), None);
    }
}
