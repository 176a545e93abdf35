//! Where elements go: grids of places, grids that fill themselves, rows of either, and tabs, which
//! are rows here.

use serde_json::{Value, json};

use super::classic;
use crate::model::{Panel, PanelKind, Place};
use crate::read::json::{flag, get, list, number, some_text, text, whole};
use crate::read::panel::{COLUMNS, panel};
use crate::read::panels::MAX_PANELS;
use crate::read::problems::Problems;
use crate::read::sources::Sources;

/// Layouts inside each other: tabs of rows of grids, and one to spare.
const MAX_DEPTH: usize = 4;

/// Columns of a grid that fills itself and does not say how many.
const COLUMNS_OF_AUTO: u32 = 3;

/// Pixels of a unit of height, its margin counted.
const UNIT: f64 = 38.0;

/// Units of height that one panel or gap may have.
const HIGHEST: f64 = 1_000.0;

/// All panels of a layout.
pub(super) fn panels(
    spec: &Value,
    layout: &Value,
    sources: &Sources,
    problems: &mut Problems,
) -> Vec<Panel> {
    let mut walk = Walk {
        spec,
        sources,
        found: Vec::new(),
        count: 0,
        y: 0,
        has_tabs: false,
    };
    walk.layout(layout, 0);
    if walk.has_tabs {
        problems.note("layout", "tabs are shown as rows, one below the other");
    }
    if walk.count >= MAX_PANELS {
        problems.note(
            "elements",
            format!("only the first {MAX_PANELS} panels are shown"),
        );
    }
    walk.found
}

struct Walk<'d> {
    spec: &'d Value,
    sources: &'d Sources,
    found: Vec<Panel>,
    count: usize,
    /// Units of height above what comes next.
    y: u32,
    has_tabs: bool,
}

impl Walk<'_> {
    fn layout(&mut self, layout: &Value, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let given = get(layout, "spec");
        match text(layout, "kind").as_str() {
            "GridLayout" => self.grid(list(given, "items")),
            "AutoGridLayout" => self.auto_grid(given),
            "RowsLayout" => {
                for row in list(given, "rows") {
                    self.row(get(row, "spec"), depth);
                }
            }
            "TabsLayout" => {
                self.has_tabs = true;
                for tab in list(given, "tabs") {
                    self.row(get(tab, "spec"), depth);
                }
            }
            _ => {}
        }
    }

    /// Panels with places of their own, below what is there.
    fn grid(&mut self, items: &[Value]) {
        let top = self.y;
        for item in items {
            let given = get(item, "spec");
            let units = |key| number(given, key).unwrap_or(0.0).clamp(0.0, HIGHEST) as u32;
            if text(item, "kind") == "GridLayoutRow" {
                self.y = top + units("y");
                let head = self.head(given);
                let first = self.found.len();
                self.found.push(head);
                self.grid(list(given, "elements"));
                self.close(first, flag(given, "collapsed"));
                continue;
            }
            let w = units("width").clamp(1, COLUMNS);
            let place = Place {
                x: units("x").min(COLUMNS - w),
                y: top + units("y"),
                w,
                h: units("height").max(1),
            };
            self.y = self.y.max(place.y + place.h);
            self.element(given, place);
        }
    }

    /// Panels beside each other, as many as there are columns.
    fn auto_grid(&mut self, given: &Value) {
        let columns = whole(given, "maxColumnCount").unwrap_or(COLUMNS_OF_AUTO);
        let columns = columns.clamp(1, COLUMNS);
        let (w, pixels) = (
            COLUMNS / columns,
            match text(given, "rowHeightMode").as_str() {
                "short" => 168.0,
                "tall" => 512.0,
                "custom" => number(given, "rowHeight").unwrap_or(320.0),
                _ => 320.0,
            },
        );
        let h = (pixels / UNIT).ceil().clamp(1.0, HIGHEST) as u32;
        let items = list(given, "items");
        let top = self.y;
        for (item, number) in items.iter().take(MAX_PANELS).zip(0_u32..) {
            let (x, y) = (number % columns * w, top + number / columns * h);
            self.element(get(item, "spec"), Place { x, y, w, h });
            self.y = y + h;
        }
    }

    /// A row or tab: its head, unless that is hidden, and its own layout.
    fn row(&mut self, given: &Value, depth: usize) {
        if self.count >= MAX_PANELS {
            return;
        }
        let first = self.found.len();
        if flag(given, "hideHeader") {
            self.layout(get(given, "layout"), depth + 1);
            return;
        }
        let head = self.head(given);
        self.found.push(head);
        self.layout(get(given, "layout"), depth + 1);
        self.close(first, flag(given, "collapse"));
    }

    /// The head of a row, which takes a unit of height.
    fn head(&mut self, given: &Value) -> Panel {
        self.count += 1;
        let classic =
            json!({"type": "row", "title": get(given, "title"), "repeat": repeated(given)});
        let mut head = panel(&classic, "layout", self.sources);
        head.place = Place {
            x: 0,
            y: self.y,
            w: COLUMNS,
            h: 1,
        };
        self.y += 1;
        head
    }

    /// Puts the panels behind the head at a place into it, where the row is closed. Rows stand in
    /// no other row: of those inside the panels alone remain.
    fn close(&mut self, first: usize, is_closed: bool) {
        if !is_closed {
            return;
        }
        let inside = self.found.split_off((first + 1).min(self.found.len()));
        let Some(head) = self.found.last_mut() else {
            return;
        };
        head.collapsed = true;
        self.y = head.place.y + 1;
        for mut one in inside {
            if one.kind == PanelKind::Row {
                head.panels.append(&mut one.panels);
            } else {
                head.panels.push(one);
            }
        }
    }

    fn element(&mut self, item: &Value, place: Place) {
        if self.count >= MAX_PANELS {
            return;
        }
        self.count += 1;
        let name = text(get(item, "element"), "name");
        let element = get(get(self.spec, "elements"), &name);
        let mut classic = classic::panel(element);
        if let Some(classic) = classic.as_object_mut() {
            let repeat = get(item, "repeat");
            classic.insert("repeat".to_owned(), repeated(item));
            classic.insert(
                "repeatDirection".to_owned(),
                get(repeat, "direction").clone(),
            );
            classic.insert("maxPerRow".to_owned(), get(repeat, "maxPerRow").clone());
        }
        let mut panel = panel(&classic, &format!("elements.{name}"), self.sources);
        panel.place = place;
        self.found.push(panel);
    }
}

/// The variable that something is repeated for.
fn repeated(holder: &Value) -> Value {
    let repeat = get(holder, "repeat");
    some_text(repeat, "value").map_or(Value::Null, Value::from)
}
