//! `otlp`: how metrics of OpenTelemetry are taken in.

use std::collections::HashSet;

use crate::error::Fault;
use crate::schema::{Kind, Section, boolean, field, texts};
use crate::table::{Item, Table, Value};

/// Strategies that need names beyond the classic alphabet.
pub(crate) const UTF8_STRATEGIES: [&str; 2] = ["NoUTF8EscapingWithSuffixes", "NoTranslation"];

/// `otlp`.
pub(crate) static OTLP: Section = Section::new(
    &[&[
        boolean("promote_all_resource_attributes"),
        texts("promote_resource_attributes"),
        texts("ignore_resource_attributes"),
        field(
            "translation_strategy",
            Kind::Choice(&[
                "UnderscoreEscapingWithSuffixes",
                "UnderscoreEscapingWithoutSuffixes",
                "NoUTF8EscapingWithSuffixes",
                "NoTranslation",
            ]),
        )
        .or_text("UnderscoreEscapingWithSuffixes"),
        boolean("keep_identifying_resource_attributes"),
        boolean("convert_histograms_to_nhcb"),
        boolean("promote_scope_metadata"),
        boolean("label_name_underscore_sanitization")
            .or_true()
            .shown(),
        boolean("label_name_preserve_multiple_underscores")
            .or_true()
            .shown(),
    ]],
    &[attributes],
);

fn attributes(otlp: &mut Table) -> Result<(), Fault> {
    let all = otlp.bool("promote_all_resource_attributes");
    if all && otlp.has("promote_resource_attributes") {
        return Err(otlp.fault(
            "promote_resource_attributes",
            "may not be given where promote_all_resource_attributes is true",
        ));
    }
    if !all && otlp.has("ignore_resource_attributes") {
        return Err(otlp.fault(
            "ignore_resource_attributes",
            "needs promote_all_resource_attributes: true",
        ));
    }
    for key in ["promote_resource_attributes", "ignore_resource_attributes"] {
        trim(otlp, key)?;
    }
    Ok(())
}

/// Takes white space off the attributes; an empty or repeated one is refused.
fn trim(otlp: &mut Table, key: &str) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    let mut trimmed = Vec::new();
    for item in otlp.list(key) {
        let attribute = item.text().trim().to_owned();
        let wrong = if attribute.is_empty() {
            "an empty attribute"
        } else if !seen.insert(attribute.clone()) {
            "an attribute given twice"
        } else {
            trimmed.push(Item {
                at: item.at,
                value: Value::Text(attribute),
            });
            continue;
        };
        let mut fault = otlp.fault(key, wrong);
        fault.at = item.at;
        return Err(fault);
    }
    if !trimmed.is_empty() {
        otlp.set(key, Value::List(trimmed));
    }
    Ok(())
}
