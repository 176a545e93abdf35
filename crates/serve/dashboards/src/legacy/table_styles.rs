//! Styles of columns: the first that fits counted, while of overrides the last one does.

use serde_json::Value;

use super::common::{colors, decimals, mappings, thresholds, unit};
use crate::model::{DataLink, FieldConfig, FieldOverride, FieldSettings, Matcher, Object};
use crate::read::json::{flag, get, list, object_of, some_text, text};
use crate::read::links::is_safe;
use crate::read::problems::Problems;

/// Styles of one table.
const MAX_STYLES: usize = 500;

/// The pattern that fits every column.
const ALL: &str = "/.*/";

/// The field configuration that the styles of a table make.
pub(super) fn styles(given: &Value, problems: &mut Problems) -> FieldSettings {
    let mut settings = FieldSettings::default();
    let styles = list(given, "styles").iter().enumerate().take(MAX_STYLES);
    let hides = list(given, "styles").iter().any(is_hidden);
    for (place, style) in styles.rev() {
        let mut config = config(style, &format!("styles[{place}]"), problems);
        if hides && !is_hidden(style) {
            // Another style that fits, too, may hide the column: this one counts.
            let custom = config.custom.get_or_insert_default();
            custom.insert("hidden".to_owned(), Value::from(false));
        }
        let pattern = text(style, "pattern");
        if pattern == ALL {
            settings.defaults = config;
        } else {
            settings.overrides.push(FieldOverride {
                matcher: matcher(&pattern),
                properties: config,
            });
        }
    }
    settings
}

fn is_hidden(style: &Value) -> bool {
    text(style, "type") == "hidden"
}

fn matcher(pattern: &str) -> Matcher {
    let is_pattern = pattern.len() > 1 && pattern.starts_with('/');
    Matcher {
        id: if is_pattern { "byRegexp" } else { "byName" }.to_owned(),
        options: Value::from(pattern),
    }
}

fn config(style: &Value, path: &str, problems: &mut Problems) -> FieldConfig {
    let mut custom = Object::new();
    let mut config = FieldConfig {
        display_name: some_text(style, "alias"),
        mappings: mappings(style),
        links: link(style, path, problems),
        ..FieldConfig::default()
    };
    match text(style, "type").as_str() {
        "hidden" => {
            custom.insert("hidden".to_owned(), Value::from(true));
        }
        "date" => {
            let format = some_text(style, "dateFormat");
            let format = format.unwrap_or_else(|| "YYYY-MM-DD HH:mm:ss".to_owned());
            config.unit = Some(format!("time: {format}"));
        }
        "number" => {
            config.unit = unit(style, "unit");
            config.decimals = decimals(style);
            config.thresholds = thresholds(get(style, "thresholds"), &colors(style));
        }
        _ => {}
    }
    let cell = match text(style, "colorMode").as_str() {
        "cell" => Some("color-background"),
        "value" => Some("color-text"),
        "row" => Some("color-background"),
        _ => None,
    };
    if let Some(cell) = cell {
        let mut options = object_of([("type", Value::from(cell))]);
        if text(style, "colorMode") == "row" {
            options.insert("applyToRow".to_owned(), Value::from(true));
        }
        custom.insert("cellOptions".to_owned(), Value::Object(options));
    }
    if let align @ ("left" | "right" | "center") = text(style, "align").as_str() {
        custom.insert("align".to_owned(), Value::from(align));
    }
    config.custom = (!custom.is_empty()).then_some(custom);
    config
}

fn link(style: &Value, path: &str, problems: &mut Problems) -> Option<Vec<DataLink>> {
    let url = Some(text(style, "linkUrl")).filter(|url| flag(style, "link") && !url.is_empty())?;
    if !is_safe(&url) {
        problems.note(
            format!("{path}.linkUrl"),
            "addresses of this scheme are not followed",
        );
        return None;
    }
    let url = cells(&url);
    Some(vec![DataLink {
        title: text(style, "linkTooltip"),
        url,
        new_tab: flag(style, "linkTargetBlank"),
    }])
}

/// An address with the names that values of cells have today: `$__cell` was the cell itself,
/// `$__cell_2` that of the third column.
fn cells(url: &str) -> String {
    let bare = url.replace("${__cell", "$__cell");
    let mut parts = bare.split("$__cell");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let column = part.strip_prefix('_').unwrap_or_default();
        let digits = column.find(|c: char| !c.is_ascii_digit());
        let (column, _) = column.split_at(digits.unwrap_or(column.len()));
        let rest = if column.is_empty() {
            filled.push_str("${__value.raw}");
            part
        } else {
            filled.push_str(&format!("${{__data.fields[{column}]}}"));
            part.get(column.len() + 1..).unwrap_or_default()
        };
        filled.push_str(rest.strip_prefix('}').unwrap_or(rest));
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_other_names() {
        for (url, expected) in [
            ("/d/x?var-a=$__cell", "/d/x?var-a=${__value.raw}"),
            ("/d/x?var-a=${__cell}&b", "/d/x?var-a=${__value.raw}&b"),
            (
                "/d/x?a=$__cell_2&b=${__cell_11}",
                "/d/x?a=${__data.fields[2]}&b=${__data.fields[11]}",
            ),
            ("/d/x?a=$__cell_", "/d/x?a=${__value.raw}_"),
            ("/d/x?a=$other", "/d/x?a=$other"),
        ] {
            assert_eq!(cells(url), expected, "{url}");
        }
    }
}
