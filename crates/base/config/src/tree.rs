//! Values whose form the user chooses.

use std::collections::BTreeMap;

use crate::scalar;
use crate::yaml::{self, Content, Node};

/// A value whose form the user chooses, such as a field of PagerDuty's details.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Tree>),
    /// A map, in the order of its keys.
    Map(BTreeMap<String, Tree>),
}

/// Values that a text may say: the alerts of a group of thousands. Aliases of YAML make many of a
/// few, and a text may come from whoever sends alerts.
const MAX_VALUES: usize = 100_000;

impl Tree {
    /// What a text says as YAML, and so as JSON; `None` where it is neither, or says more than a
    /// hundred thousand values. A text without quotes that is no number, truth value or null is
    /// [`Tree::Text`].
    pub fn parse(text: &str) -> Option<Self> {
        let node = yaml::parse_within(text, MAX_VALUES).ok()?;
        Some(Self::from_node(&node))
    }

    pub(crate) fn from_node(node: &Node) -> Self {
        match &node.content {
            Content::Null => Self::Null,
            Content::Scalar { text, plain } => plain
                .then(|| plain_scalar(text))
                .flatten()
                .unwrap_or_else(|| Self::Text(text.clone())),
            Content::List(nodes) => Self::List(nodes.iter().map(Self::from_node).collect()),
            Content::Map(entries) => Self::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), Self::from_node(&entry.value)))
                    .collect(),
            ),
        }
    }
}

/// What a scalar without quotes is, if it is no text.
fn plain_scalar(text: &str) -> Option<Tree> {
    if let Some(truth) = scalar::boolean(text) {
        return Some(Tree::Bool(truth));
    }
    // `1e3` is a number of the other kind here, as Go reads it.
    if (!text.contains(['e', 'E', '.']) || text.starts_with("0x"))
        && let Some(number) = scalar::integer(text)
    {
        return Some(Tree::Int(number));
    }
    scalar::float(text).map(Tree::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_what_yaml_takes_them_for() {
        for (text, tree) in [
            ("", Tree::Null),
            ("~", Tree::Null),
            ("yes", Tree::Bool(true)),
            ("12", Tree::Int(12)),
            ("1.5", Tree::Float(1.5)),
            ("1e3", Tree::Float(1000.0)),
            ("\"12\"", Tree::Text("12".to_owned())),
            ("hello there", Tree::Text("hello there".to_owned())),
            (
                "[1, a]",
                Tree::List(vec![Tree::Int(1), Tree::Text("a".to_owned())]),
            ),
        ] {
            assert_eq!(Tree::parse(text), Some(tree), "{text:?}");
        }
        assert_eq!(Tree::parse("a: b: c"), None);
        let mut laughs = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..6 {
            let alias = format!("*a{}", level - 1);
            laughs += &format!("- &a{level} [{}]\n", vec![alias; 10].join(", "));
        }
        assert_eq!(Tree::parse(&laughs), None);
        assert_eq!(
            Tree::parse("{\"a\": {\"b\": null}}"),
            Some(Tree::Map(BTreeMap::from([(
                "a".to_owned(),
                Tree::Map(BTreeMap::from([("b".to_owned(), Tree::Null)]))
            )])))
        );
    }
}
