//! How groups and alerts are named and ordered, as upstream does it: the notification log, the
//! messages of receivers and people's links depend on both.

use std::cmp::Ordering;

use model::{Alert, Labels, Matcher, name};

/// Which matcher of a list is written first: by name, value, operator.
pub(crate) fn order_matchers(matchers: &mut [Matcher]) {
    matchers.sort_by(|a, b| {
        (a.name(), a.value(), a.op() as u8).cmp(&(b.name(), b.value(), b.op() as u8))
    });
}

/// Matchers in braces, separated by commas: `{severity="critical",team=~"a|b"}`.
pub(crate) fn matchers_text(matchers: &[Matcher]) -> String {
    let list: Vec<String> = matchers.iter().map(matcher_text).collect();
    format!("{{{}}}", list.join(","))
}

/// A name that the older form of matchers cannot hold is quoted, and its value with Go's escapes;
/// beside any other name only backslash, quote and line feed are escaped.
pub(crate) fn matcher_text(matcher: &Matcher) -> String {
    let reserved = |c: char| c.is_whitespace() || "{}!=~,\\\"'`".contains(c);
    let op = matcher.op().as_str();
    if matcher.name().chars().any(reserved) {
        let (label, value) = (name::quoted(matcher.name()), name::quoted(matcher.value()));
        return format!("{label}{op}{value}");
    }
    let value = matcher
        .value()
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('"', "\\\"");
    format!("{}{op}\"{value}\"", matcher.name())
}

/// Upstream's order of label sets: fewer labels first; then, over the names of both, whichever
/// lacks one, or has the smaller value.
pub(crate) fn compare_labels(a: &Labels, b: &Labels) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| {
        for (mine, other) in a.iter().zip(b.iter()) {
            // At the first place where they differ, the set with the greater name lacks the
            // smaller one.
            match mine.0.cmp(other.0) {
                Ordering::Equal => {}
                Ordering::Less => return Ordering::Greater,
                Ordering::Greater => return Ordering::Less,
            }
            match mine.1.cmp(other.1) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
        }
        Ordering::Equal
    })
}

/// The order of alerts in notifications and groups: by job, instance, then all labels; those
/// without a job or instance come last.
pub(crate) fn compare_alerts(a: &Alert, b: &Alert) -> Ordering {
    for label in ["job", "instance"] {
        let unequal = match (a.labels.get(label), b.labels.get(label)) {
            (Some(mine), Some(other)) => mine.cmp(other),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (None, None) => Ordering::Equal,
        };
        if unequal != Ordering::Equal {
            return unequal;
        }
    }
    compare_labels(&a.labels, &b.labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::MatchOp;

    #[test]
    fn matchers_are_written_as_upstream_writes_them() {
        for (name, op, value, text) in [
            (
                "severity",
                MatchOp::Equal,
                "critical",
                r#"{severity="critical"}"#,
            ),
            ("a", MatchOp::NotRegex, r"x\.y", r#"{a!~"x\\.y"}"#),
            ("a", MatchOp::NotEqual, "\"\t\n", "{a!=\"\\\"\t\\n\"}"),
            ("a b", MatchOp::Equal, "\t", r#"{"a b"="\t"}"#),
            ("ä", MatchOp::Equal, "", r#"{ä=""}"#),
        ] {
            let matcher = Matcher::new(name, op, value).unwrap();
            assert_eq!(matchers_text(&[matcher]), text);
        }
        assert_eq!(matchers_text(&[]), "{}");
    }

    #[test]
    fn matchers_have_an_order() {
        let mut list = [
            Matcher::equal("b", "1"),
            Matcher::new("a", MatchOp::NotEqual, "1").unwrap(),
            Matcher::equal("a", "1"),
            Matcher::equal("a", "0"),
        ];
        order_matchers(&mut list);
        assert_eq!(matchers_text(&list), r#"{a="0",a="1",a!="1",b="1"}"#);
    }

    #[test]
    fn label_sets_have_upstreams_order() {
        let set = |pairs: &[(&str, &str)]| Labels::from_pairs(pairs.iter().copied());
        for (less, more) in [
            (set(&[("z", "9")]), set(&[("a", "1"), ("b", "1")])),
            (set(&[("a", "1")]), set(&[("a", "2")])),
            // The set without `a` comes first.
            (set(&[("b", "1")]), set(&[("a", "9")])),
        ] {
            assert_eq!(
                compare_labels(&less, &more),
                Ordering::Less,
                "{less} {more}"
            );
            assert_eq!(compare_labels(&more, &less), Ordering::Greater);
        }
    }
}
