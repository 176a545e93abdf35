//! Queries in texts, and their answers.

use std::cmp::Ordering;

use contract::{Query, QueryPoint};

use super::{histogram, labels};
use crate::value::{Field, List, Object, Shape, Value};

/// The type of one point of an answer.
pub(super) const SAMPLE: &str = "*template.sample";
/// The type of an answer.
pub(super) const RESULT: &str = "template.queryResult";

struct Sample([Field; 2]);

impl Object for Sample {
    fn type_name(&self) -> &'static str {
        SAMPLE
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Struct(&self.0)
    }
}

struct Answer(List);

impl Object for Answer {
    fn type_name(&self) -> &'static str {
        RESULT
    }

    fn shape(&self) -> Shape<'_> {
        Shape::List(&self.0)
    }
}

fn sample(point: &QueryPoint) -> Value {
    let value = match &point.histogram {
        Some(native) => histogram::value(native),
        None => Value::Float(point.value),
    };
    let field = |name, value| Field {
        name,
        json: name,
        value,
    };
    Value::object(Sample([
        field("Labels", labels(&point.labels)),
        field("Value", value),
    ]))
}

fn answer(samples: Vec<Value>) -> Result<Value, String> {
    Ok(Value::object(Answer(List::new(samples)?)))
}

/// Asks a query at a moment. The answer comes in the order of labels, so that the same text comes
/// out whatever order the engine has.
pub(super) fn ask(query: &dyn Query, text: &str, now: i64) -> Result<Value, String> {
    let prepared = query.prepare(text).map_err(|fault| fault.to_string())?;
    let mut points = prepared.at(now).map_err(|fault| fault.to_string())?;
    points.sort_by(|one, other| one.labels.cmp(&other.labels));
    answer(points.iter().map(sample).collect())
}

/// The value of one label of a sample; empty where it has none.
pub(super) fn label(sample: &Value, name: &str) -> Value {
    let labels = field(sample, 0);
    let found = labels
        .as_ref()
        .and_then(Value::as_map)
        .and_then(|map| map.get(name));
    found.cloned().unwrap_or_else(|| Value::text(""))
}

/// The value of a sample.
pub(super) fn value(sample: &Value) -> Value {
    field(sample, 1).unwrap_or(Value::Nil)
}

fn field(sample: &Value, place: usize) -> Option<Value> {
    let Value::Object(object) = sample else {
        return None;
    };
    match object.shape() {
        Shape::Struct(fields) => fields.get(place).map(|field| field.value.clone()),
        _ => None,
    }
}

/// The first sample of an answer.
pub(super) fn first(result: &Value) -> Result<Value, String> {
    match result.as_list().and_then(<[Value]>::first) {
        Some(sample) => Ok(sample.clone()),
        None => Err("first() called on vector with no elements".to_owned()),
    }
}

/// The samples of an answer in the order of one label's values.
pub(super) fn sorted(result: &Value, by: &str) -> Result<Value, String> {
    let mut samples = result.as_list().unwrap_or_default().to_vec();
    samples.sort_by(|one, other| {
        let (one, other) = (label(one, by), label(other, by));
        one.as_text().map_or(Ordering::Equal, |one| {
            one.cmp(other.as_text().unwrap_or(""))
        })
    });
    answer(samples)
}
