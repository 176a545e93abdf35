//! The panels of a document, in rows or not, in the order in which people read.

use std::collections::HashSet;

use serde_json::Value;

use super::json::{flag, list, some_text, whole};
use super::panel::{COLUMNS, panel};
use super::problems::Problems;
use super::sources::Sources;
use crate::legacy::rows;
use crate::model::{Panel, PanelKind};

/// Panels of one dashboard, those of closed rows counted.
pub(crate) const MAX_PANELS: usize = 2_000;

/// What a panel has that does not say its size.
const SIZE: (u32, u32) = (12, 8);

/// All panels of a document.
pub(crate) fn panels(document: &Value, sources: &Sources, problems: &mut Problems) -> Vec<Panel> {
    let mut left = MAX_PANELS;
    let mut found = of_list(document, "panels", sources, &mut left);
    found.extend(rows::panels(document, sources, &mut left));
    if left == 0 {
        problems.note(
            "panels",
            format!("only the first {MAX_PANELS} panels are shown"),
        );
    }
    finished(found)
}

/// The same panels in the order of reading, each with a place and a number.
pub(crate) fn finished(mut panels: Vec<Panel>) -> Vec<Panel> {
    set_places(&mut panels);
    set_numbers(&mut panels);
    panels
}

/// The panels in the list `panels` of a document or row, whose path is `path`.
pub(crate) fn of_list(
    holder: &Value,
    path: &str,
    sources: &Sources,
    left: &mut usize,
) -> Vec<Panel> {
    let mut found = Vec::new();
    for (place, given) in kept(holder) {
        if *left == 0 {
            break;
        }
        *left -= 1;
        let path = format!("{path}[{place}]");
        let mut panel = panel(given, &path, sources);
        if panel.kind == PanelKind::Row {
            panel.collapsed = flag(given, "collapsed");
            let mut inside = match path.matches(".panels[").count() {
                // Rows stand in no other row.
                0 => of_list(given, &format!("{path}.panels"), sources, left),
                _ => Vec::new(),
            };
            sort(&mut inside);
            match panel.collapsed {
                true => panel.panels = inside,
                // An open row whose panels still stand in it.
                false => {
                    found.push(panel);
                    found.append(&mut inside);
                    continue;
                }
            }
        }
        found.push(panel);
    }
    found
}

/// The panels in the list of a document or row, with their places there, but for those that a
/// repeated panel made of itself when the document was kept: these are made anew.
pub(crate) fn kept(holder: &Value) -> impl Iterator<Item = (usize, &Value)> {
    let panels = list(holder, "panels");
    let repeating = panels
        .iter()
        .filter(|one| some_text(one, "repeat").is_some());
    let repeating: HashSet<u32> = repeating.filter_map(|one| whole(one, "id")).collect();
    let all = panels.iter().enumerate();
    all.filter(move |(_, given)| !is_copy(given, &repeating))
}

fn is_copy(given: &Value, repeating: &HashSet<u32>) -> bool {
    let of = whole(given, "repeatPanelId").filter(|number| *number > 0);
    let in_copied_row = flag(given, "repeatedByRow") && !repeating.is_empty();
    of.is_some_and(|number| in_copied_row || repeating.contains(&number))
        && some_text(given, "repeat").is_none()
}

/// Sizes where the document has none, and the order of reading.
fn set_places(panels: &mut [Panel]) {
    let below = panels.iter().map(|panel| panel.place.y + panel.place.h);
    let mut y = below.max().unwrap_or(0);
    for panel in panels.iter_mut() {
        let is_row = panel.kind == PanelKind::Row;
        let place = &mut panel.place;
        if is_row {
            (place.x, place.w, place.h) = (0, COLUMNS, 1);
        } else if place.w == 0 || place.h == 0 {
            let (w, h) = SIZE;
            (place.x, place.y, place.w, place.h) = (0, y, w, h);
            y += h;
        }
        set_places(&mut panel.panels);
    }
    sort(panels);
}

fn sort(panels: &mut [Panel]) {
    panels.sort_by_key(|panel| (panel.place.y, panel.place.x));
}

/// Numbers for panels that have none, or that of another panel.
fn set_numbers(panels: &mut [Panel]) {
    let mut taken = HashSet::from([0]);
    each(panels, &mut |panel| {
        if !taken.insert(panel.id) {
            panel.id = 0;
        }
    });
    let mut next = 0;
    each(panels, &mut |panel| {
        if panel.id == 0 {
            while !taken.insert(next) {
                next += 1;
            }
            panel.id = next;
        }
    });
}

/// Hands over each panel, those of rows too.
fn each(panels: &mut [Panel], take: &mut impl FnMut(&mut Panel)) {
    for panel in panels {
        take(panel);
        each(&mut panel.panels, take);
    }
}
