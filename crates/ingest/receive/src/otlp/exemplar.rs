//! Exemplars.

use model::{Exemplar, LabelsBuilder};
use wire::otlp;

use super::{Trouble, milliseconds};

/// Characters of an exemplar's labels, names included: what OpenMetrics allows.
const MOST_CHARACTERS: usize = 128;

/// An exemplar with the labels `trace_id` and `span_id`; its attributes become labels where there
/// is room for all of them.
pub(super) fn of(given: &otlp::Exemplar<'_>) -> Result<Exemplar, Trouble> {
    let value = given
        .value
        .ok_or_else(|| Trouble::Fault("unsupported exemplar value type: Empty".to_owned()))?;
    let mut labels = LabelsBuilder::new();
    let mut characters = 0;
    let mut attributes = Vec::new();
    for attribute in given.attributes.iter() {
        let attribute = attribute?;
        let mut text = String::new();
        attribute.value.write(&mut text)?;
        characters += attribute.key.chars().count() + text.chars().count();
        attributes.push((attribute.key, text));
    }
    for (name, id) in [("trace_id", given.trace_id), ("span_id", given.span_id)] {
        if id.iter().any(|&byte| byte != 0) {
            let text: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            characters += name.len() + text.len();
            labels.set(name, &text);
        }
    }
    if characters <= MOST_CHARACTERS {
        for (name, value) in &attributes {
            labels.set(name, value);
        }
    }
    Ok(Exemplar {
        labels: labels.build(),
        value,
        time: Some(milliseconds(given.time)).filter(|&time| time != 0),
    })
}
