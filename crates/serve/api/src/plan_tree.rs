//! A query's plan as JSON, for the query page and for `argand promql explain --json`.
//!
//! One object an operator: `operator`, `text` (its part of the query), `details` (an object of
//! texts, such as `matchers` and `columns`), `invariant`, `shared`, `streamed` and `children`.

use promql::PlanNode;
use serde_json::{Map, Value, json};

/// A node with all below it. Recurses as deep as the tree is high, which the parser bounds.
pub fn plan_json(plan: &PlanNode) -> Value {
    let details = plan.details.iter();
    let details: Map<String, Value> = details
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let children: Vec<Value> = plan.children.iter().map(plan_json).collect();
    json!({
        "operator": plan.operator,
        "text": plan.text,
        "details": details,
        "invariant": plan.invariant,
        "shared": plan.shared,
        "streamed": plan.streamed,
        "children": children,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_an_object_with_what_is_below_it() {
        let plan = promql::explain("sum by (job) (up)", &promql::Features::default());
        let tree = plan_json(&plan.expect("a query"));
        for (pointer, expected) in [
            ("/operator", json!("fold sum")),
            ("/details/columns", json!("job")),
            ("/shared", json!(false)),
            ("/children/0/operator", json!("select")),
            ("/children/0/text", json!("up")),
            ("/children/0/streamed", json!(true)),
            ("/children/0/details/matchers", json!("__name__=\"up\"")),
        ] {
            assert_eq!(
                tree.pointer(pointer),
                Some(&expected),
                "{pointer}: {tree:#}"
            );
        }
    }
}
