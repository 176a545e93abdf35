//! Label selectors: which objects are meant.

use kubernetes::Pairs;
use serde_json::Value;

use crate::convert::{list, text};

/// Whether a selector means an object with these labels. One that is absent means none, one that
/// is empty means all.
pub(crate) fn selects(selector: &Value, labels: &Pairs) -> bool {
    if !selector.is_object() {
        return false;
    }
    let wanted = selector["matchLabels"].as_object();
    let equal = wanted.into_iter().flatten().all(|(name, value)| {
        labels
            .get(name)
            .is_some_and(|found| Some(found.as_str()) == value.as_str())
    });
    equal && list(&selector["matchExpressions"]).all(|condition| holds(condition, labels))
}

fn holds(condition: &Value, labels: &Pairs) -> bool {
    let found = labels.get(text(&condition["key"]));
    let among = || {
        let mut values = list(&condition["values"]);
        found.is_some_and(|found| values.any(|value| text(value) == found.as_str()))
    };
    match text(&condition["operator"]) {
        "In" => among(),
        "NotIn" => !among(),
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use kubernetes::Meta;
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_mean_what_kubernetes_says() {
        let meta: Meta =
            serde_json::from_value(json!({"labels": {"team": "a", "tier": "web"}})).unwrap();
        let condition = |operator: &str, key: &str, values: Value| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        for (selector, wanted) in [
            (json!(null), false),
            (json!({}), true),
            (json!({"matchLabels": {"team": "a"}}), true),
            (json!({"matchLabels": {"team": "a", "x": "y"}}), false),
            (condition("In", "team", json!(["b", "a"])), true),
            (condition("NotIn", "team", json!(["b"])), true),
            (condition("NotIn", "absent", json!(["b"])), true),
            (condition("Exists", "tier", json!(null)), true),
            (condition("DoesNotExist", "tier", json!([])), false),
            (condition("Like", "tier", json!([])), false),
        ] {
            assert_eq!(selects(&selector, &meta.labels), wanted, "{selector}");
        }
    }
}
