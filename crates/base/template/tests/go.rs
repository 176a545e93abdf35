//! Go's own templates say what comes out: `cases/go.json` holds texts and what Go 1.26 made of
//! them, by `text/template` or `html/template`, with the data and functions below.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use template::{Library, Map, Markup, MissingKey, Set, Signature, Time, Type, Value};

const FUNCTIONS: [Signature; 9] = [
    Signature::variadic("list", &[], Type::Any),
    Signature::new("upper", &[Type::Text]),
    Signature::new("repeat", &[Type::Int, Type::Text]),
    Signature::new("half", &[Type::Float]),
    Signature::new("join", &[Type::Text, Type::Texts]),
    Signature::new("fail", &[]),
    Signature::new("none", &[]),
    Signature::new("safe", &[Type::Text]),
    Signature::new("safeurl", &[Type::Text]),
];

struct Functions;

impl Library for Functions {
    fn signature(&self, name: &str) -> Option<Signature> {
        FUNCTIONS
            .iter()
            .find(|function| function.name == name)
            .copied()
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        Ok(match (name, arguments) {
            ("list", _) => Value::list(arguments.to_vec())?,
            ("upper", [Value::Text(text)]) => Value::text(text.to_uppercase()),
            ("repeat", [Value::Int(count), Value::Text(text)]) => {
                Value::text(text.repeat(usize::try_from(*count).unwrap()))
            }
            ("half", [Value::Float(number)]) => Value::Float(number / 2.0),
            ("join", [Value::Text(separator), list]) => {
                let items = list.as_list().unwrap_or_default();
                let texts: Vec<&str> = items.iter().filter_map(Value::as_text).collect();
                Value::text(texts.join(separator))
            }
            ("fail", _) => return Err("failed".to_owned()),
            ("none", _) => Value::Nil,
            ("safe", [Value::Text(text)]) => Value::Safe(Markup::Html, text.clone()),
            ("safeurl", [Value::Text(text)]) => Value::Safe(Markup::Url, text.clone()),
            _ => panic!("{name}"),
        })
    }
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries: BTreeMap<Arc<str>, Value> = entries
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect();
    Value::Map(Arc::new(Map::new(entries).unwrap()))
}

fn data() -> Value {
    let text = |text: &str| Value::text(text);
    map([
        ("s", text("text")),
        ("empty", text("")),
        ("i", Value::Int(3)),
        ("zero", Value::Int(0)),
        ("neg", Value::Int(-7)),
        ("f", Value::Float(1.5)),
        ("big", Value::Float(1_234_567_890.5)),
        ("b", Value::Bool(true)),
        ("n", Value::Nil),
        ("u", text("日本 é")),
        ("q", text("a \"b\" <c> & 'd'")),
        (
            "l",
            Value::list(vec![
                Value::Int(1),
                text("a"),
                Value::Float(2.5),
                Value::Nil,
                Value::Bool(true),
            ])
            .unwrap(),
        ),
        ("t", Value::texts(["x", "y", "z"])),
        ("e", Value::list(Vec::new()).unwrap()),
        (
            "m",
            map([
                ("a", Value::Int(1)),
                ("b", text("two")),
                ("c", map([("d", text("deep"))])),
            ]),
        ),
        (
            "k",
            Value::Map(Arc::new(Map::texts([("one", "1"), ("two", "2")]))),
        ),
        ("time", Value::Time(Time::from_millis(1_770_091_506_789))),
        ("d", Value::Duration(5_401_500_000_000)),
        ("html", Value::Safe(Markup::Html, "<b>bold</b>".into())),
        (
            "url",
            Value::Safe(Markup::Url, "javascript:alert(1)".into()),
        ),
        ("x", text("<script>alert(1)</script>")),
        ("js", text("javascript:alert(1)")),
        ("link", text("http://h/p?a=b c&d=\"e\"")),
        ("bad", text("x\" onclick=\"y")),
        ("sp", text("a b=c>d`e'f\"g")),
    ])
}

fn written(mode: &str, text: &str) -> Result<String, String> {
    let missing_key = if mode.ends_with("zero") {
        MissingKey::Zero
    } else if mode.ends_with("error") {
        MissingKey::Error
    } else {
        MissingKey::Invalid
    };
    let mut set = Set::new();
    let known = |name: &str| Functions.signature(name).is_some();
    set.add("t", text, &known)
        .map_err(|error| error.to_string())?;
    set.execute(
        "t",
        &data(),
        &Functions,
        missing_key,
        mode.starts_with("html"),
    )
    .map_err(|error| error.to_string())
}

#[test]
fn what_go_makes_of_them() {
    let cases: serde_json::Value = serde_json::from_str(include_str!("cases/go.json")).unwrap();
    let mut wrong = Vec::new();
    let cases = cases.as_array().unwrap();
    for case in cases {
        let field = |name: &str| case[name].as_str().unwrap_or("");
        let expected = match field("err") {
            "" => Ok(field("out").to_owned()),
            error => Err(error.to_owned()),
        };
        let written = written(field("mode"), field("text"));
        if written != expected {
            let (text, mode) = (field("text"), field("mode"));
            wrong.push(format!(
                "{mode} {text}\n  ours {written:?}\n  Go's {expected:?}"
            ));
        }
    }
    let (count, all) = (wrong.len(), cases.len());
    assert!(
        wrong.is_empty(),
        "{count} of {all} differ:\n{}",
        wrong.join("\n")
    );
}
