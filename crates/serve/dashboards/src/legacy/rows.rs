//! Rows of documents before version 16: panels stood in rows of twelve columns, without places.

use serde_json::Value;

use crate::model::{Panel, Place};
use crate::read::json::{flag, get, list, number, text, whole};
use crate::read::panel::{COLUMNS, panel, repeat};
use crate::read::panels::{kept, of_list};
use crate::read::sources::Sources;

/// Columns of the grid in one of old.
const COLUMNS_IN_ONE: f64 = 2.0;

/// Old columns of a panel that does not say how many.
const SPAN: f64 = 4.0;

/// Pixels of a row that does not say how high it is.
const HEIGHT: f64 = 250.0;

/// Pixels of a unit of height, its margin counted.
const UNIT: f64 = 38.0;

/// Units of height that the lowest panel has.
const LOWEST: f64 = 3.0;

/// Units of height that the highest panel has.
const HIGHEST: f64 = 100.0;

/// The panels of all rows, placed as those rows had them.
pub(crate) fn panels(document: &Value, sources: &Sources, left: &mut usize) -> Vec<Panel> {
    let rows = list(document, "rows");
    // Heads of rows are shown where one of them says more than that it is there.
    let says =
        |row: &Value| flag(row, "collapse") || flag(row, "showTitle") || repeat(row).is_some();
    let with_heads = rows.iter().any(says);
    let mut found = Vec::new();
    let mut y = 0;
    for (number, row) in rows.iter().enumerate() {
        if *left == 0 {
            break;
        }
        if is_copy(row, rows) {
            continue;
        }
        let mut inside = of_list(row, &format!("rows[{number}].panels"), sources, left);
        let is_closed = flag(row, "collapse");
        let top = y + u32::from(with_heads);
        let height = set_places(&mut inside, row, top);
        if !with_heads {
            found.append(&mut inside);
            y += height;
            continue;
        }
        let mut head = head(row, number, y, sources);
        head.collapsed = is_closed;
        if is_closed {
            head.panels = inside;
            y = top;
            found.push(head);
        } else {
            y = top + height;
            found.push(head);
            found.append(&mut inside);
        }
    }
    found
}

/// Whether a row is what a repeated one made of itself when the document was kept: it is made anew.
fn is_copy(row: &Value, rows: &[Value]) -> bool {
    let of = whole(row, "repeatRowId").and_then(|number| rows.get(number.checked_sub(1)? as usize));
    repeat(row).is_none() && of.is_some_and(|source| repeat(source).is_some())
}

/// The head of a row as a panel.
fn head(row: &Value, number: usize, y: u32, sources: &Sources) -> Panel {
    let title = Value::from(text(row, "title"));
    let given = Value::Object(crate::read::json::object_of([
        ("type", Value::from("row")),
        ("title", title),
    ]));
    let mut head = panel(&given, &format!("rows[{number}]"), sources);
    head.repeat = repeat(row);
    head.place = Place {
        x: 0,
        y,
        w: COLUMNS,
        h: 1,
    };
    head
}

/// Puts the panels of a row beside each other, and below where they do not fit; answers the units
/// of height that they take.
fn set_places(panels: &mut [Panel], row: &Value, top: u32) -> u32 {
    let of_row = height(get(row, "height"));
    let (mut x, mut y, mut line) = (0, top, 0);
    for (panel, (_, given)) in panels.iter_mut().zip(kept(row)) {
        if let Some(repeat) = &mut panel.repeat
            && let Some(least) = whole(given, "minSpan").filter(|least| *least > 0)
        {
            // In columns of old.
            repeat.max_per_row = (COLUMNS / 2 / least.min(COLUMNS / 2)).max(1);
        }
        let span = number(given, "span").unwrap_or(SPAN).floor();
        let w = (span * COLUMNS_IN_ONE).clamp(1.0, f64::from(COLUMNS)) as u32;
        let own = get(given, "height");
        let h = if own.is_null() { of_row } else { height(own) };
        if x + w > COLUMNS {
            y += line;
            (x, line) = (0, 0);
        }
        panel.place = Place { x, y, w, h };
        x += w;
        line = h.max(line);
    }
    y + line - top
}

/// Units of height for pixels, which may be written `250px`.
fn height(given: &Value) -> u32 {
    let pixels = match given {
        Value::String(text) => text.trim_end_matches("px").trim().parse().ok(),
        given => given.as_f64(),
    };
    let pixels: f64 = pixels.filter(|pixels| *pixels > 0.0).unwrap_or(HEIGHT);
    (pixels / UNIT).ceil().clamp(LOWEST, HIGHEST) as u32
}
