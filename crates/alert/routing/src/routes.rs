//! The routing tree, flat: which nodes an alert belongs to, and what groups there are called.

use std::sync::Arc;

use config::alertmanager::{GroupBy, Route};
use model::{Labels, Matcher};

use crate::naming;
use crate::silence::matches_all;
use crate::tree::Reach;

/// A node of the tree. Times are in milliseconds.
pub(crate) struct Node {
    pub(crate) receiver: Arc<str>,
    /// The matchers from the root to here: `{}/{severity="critical"}`.
    pub(crate) key: String,
    pub(crate) group_wait: i64,
    pub(crate) group_interval: i64,
    pub(crate) repeat_interval: i64,
    pub(crate) mute_time_intervals: Vec<String>,
    pub(crate) active_time_intervals: Vec<String>,
    pub(crate) labels: Labels,
    group_by: GroupBy,
    matchers: Vec<Matcher>,
    continues: bool,
    children: Vec<usize>,
}

/// All nodes; the first is the root.
pub(crate) struct Routes(Vec<Node>);

impl Routes {
    pub(crate) fn new(root: &Route) -> Self {
        let mut routes = Self(Vec::new());
        routes.add(root, "");
        routes
    }

    fn add(&mut self, route: &Route, above: &str) -> usize {
        let millis =
            |length: std::time::Duration| i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        let mut matchers = route.matchers.clone();
        naming::order_matchers(&mut matchers);
        let key = format!("{above}{}", naming::matchers_text(&matchers));
        let below = format!("{key}/");
        let place = self.0.len();
        self.0.push(Node {
            receiver: Arc::from(route.receiver.as_str()),
            key,
            group_wait: millis(route.group_wait),
            group_interval: millis(route.group_interval).max(1),
            repeat_interval: millis(route.repeat_interval),
            mute_time_intervals: route.mute_time_intervals.clone(),
            active_time_intervals: route.active_time_intervals.clone(),
            labels: route.labels.clone(),
            group_by: route.group_by.clone(),
            matchers,
            continues: route.continues,
            children: Vec::new(),
        });
        let children = route
            .routes
            .iter()
            .map(|child| self.add(child, &below))
            .collect();
        if let Some(node) = self.0.get_mut(place) {
            node.children = children;
        }
        place
    }

    pub(crate) fn get(&self, node: usize) -> Option<&Node> {
        self.0.get(node)
    }

    /// The node with the same matchers above it, and the same receiver.
    pub(crate) fn like(&self, other: &Node) -> Option<usize> {
        let same = |node: &Node| node.key == other.key && node.receiver == other.receiver;
        self.0.iter().position(same)
    }

    /// The nodes that an alert belongs to: depth first, the deepest that matches, and further
    /// siblings where a node that matched continues.
    pub(crate) fn of(&self, labels: &Labels) -> Vec<usize> {
        let mut found = Vec::new();
        self.collect(0, labels, &mut found);
        found
    }

    /// How many nodes are above each, by place.
    pub(crate) fn depths(&self) -> Vec<usize> {
        let mut depths = vec![0; self.0.len()];
        // Nodes stand behind the one they are below.
        for (place, node) in self.0.iter().enumerate() {
            let below = depths.get(place).map_or(0, |depth| depth + 1);
            for child in &node.children {
                if let Some(depth) = depths.get_mut(*child) {
                    *depth = below;
                }
            }
        }
        depths
    }

    /// What becomes of an alert at each node, by place: what [`Routes::of`] decides, step by step.
    pub(crate) fn reach(&self, labels: &Labels) -> Vec<Reach> {
        let mut reached = vec![Reach::Unasked; self.0.len()];
        self.walk(0, labels, &mut reached);
        reached
    }

    fn walk(&self, place: usize, labels: &Labels, reached: &mut [Reach]) -> bool {
        let Some(node) = self.0.get(place) else {
            return false;
        };
        let fits = matches_all(&node.matchers, labels);
        let mut own = if fits { Reach::Receives } else { Reach::Fails };
        for child in node.children.iter().filter(|_| fits) {
            if self.walk(*child, labels, reached) {
                own = Reach::Passes;
                if self.0.get(*child).is_some_and(|child| !child.continues) {
                    break;
                }
            }
        }
        if let Some(reach) = reached.get_mut(place) {
            *reach = own;
        }
        fits
    }

    fn collect(&self, place: usize, labels: &Labels, found: &mut Vec<usize>) -> bool {
        let Some(node) = self.0.get(place) else {
            return false;
        };
        if !matches_all(&node.matchers, labels) {
            return false;
        }
        let before = found.len();
        for child in &node.children {
            let matched = self.collect(*child, labels, found);
            let continues = self.0.get(*child).is_some_and(|child| child.continues);
            if matched && !continues {
                break;
            }
        }
        if found.len() == before {
            found.push(place);
        }
        true
    }
}

impl Node {
    pub(crate) fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    pub(crate) fn group_by(&self) -> &GroupBy {
        &self.group_by
    }

    pub(crate) fn continues(&self) -> bool {
        self.continues
    }

    /// The labels of the group that an alert falls into.
    pub(crate) fn group_labels(&self, labels: &Labels) -> Labels {
        match &self.group_by {
            GroupBy::All => labels.clone(),
            GroupBy::Labels(names) => labels.filtered(|name| names.iter().any(|n| n == name)),
        }
    }

    /// The name of a group of these labels.
    pub(crate) fn group_key(&self, labels: &Labels) -> String {
        let pairs: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}={}", model::name::quoted(value)))
            .collect();
        format!("{}:{{{}}}", self.key, pairs.join(", "))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use model::MatchOp;
    use std::time::Duration;

    /// A route to a receiver, grouped by `alertname`.
    pub(crate) fn route(receiver: &str, matchers: Vec<Matcher>, routes: Vec<Route>) -> Route {
        Route {
            receiver: receiver.to_owned(),
            group_by: GroupBy::Labels(vec!["alertname".to_owned()]),
            group_wait: Duration::from_secs(30),
            group_interval: Duration::from_secs(300),
            repeat_interval: Duration::from_secs(3600),
            matchers,
            mute_time_intervals: Vec::new(),
            active_time_intervals: Vec::new(),
            continues: false,
            labels: Labels::empty(),
            routes,
        }
    }

    #[test]
    fn alerts_find_their_nodes() {
        let severity = |value: &str| vec![Matcher::equal("severity", value)];
        let mut first = route(
            "first",
            severity("critical"),
            vec![route("deep", vec![Matcher::equal("team", "db")], vec![])],
        );
        first.continues = true;
        let without_team = vec![Matcher::new("team", MatchOp::Equal, "").unwrap()];
        let routes = Routes::new(&route(
            "root",
            vec![],
            vec![
                first,
                route("second", severity("critical"), vec![]),
                route("third", severity("critical"), vec![]),
                route("lonely", without_team, vec![]),
            ],
        ));
        for (pairs, receivers) in [
            (
                vec![("severity", "critical"), ("team", "db")],
                vec!["deep", "second"],
            ),
            (
                vec![("severity", "critical"), ("team", "x")],
                vec!["first", "second"],
            ),
            (vec![("severity", "low"), ("team", "x")], vec!["root"]),
            (vec![("severity", "low")], vec!["lonely"]),
        ] {
            let labels = Labels::from_pairs(pairs);
            let found: Vec<&str> = routes
                .of(&labels)
                .iter()
                .map(|n| &*routes.get(*n).unwrap().receiver)
                .collect();
            assert_eq!(found, receivers, "{labels}");
            let receives =
                |(place, reach): (usize, &Reach)| (*reach == Reach::Receives).then_some(place);
            let reached = routes.reach(&labels);
            let told: Vec<usize> = reached.iter().enumerate().filter_map(receives).collect();
            assert_eq!(told, routes.of(&labels), "{labels}");
        }
    }

    #[test]
    fn every_node_says_what_becomes_of_an_alert() {
        use Reach::{Fails, Passes, Receives, Unasked};
        let is = |name: &str, value: &str| vec![Matcher::equal(name, value)];
        let critical = route(
            "critical",
            is("severity", "critical"),
            vec![
                route("db", is("team", "db"), vec![]),
                route("web", is("team", "web"), vec![]),
                route("late", is("team", "db"), vec![]),
            ],
        );
        let rest = route("rest", is("severity", "critical"), vec![]);
        let routes = Routes::new(&route("root", vec![], vec![critical, rest]));
        assert_eq!(routes.depths(), [0, 1, 2, 2, 2, 1]);
        for (team, expected) in [
            ("db", [Passes, Passes, Receives, Unasked, Unasked, Unasked]),
            ("web", [Passes, Passes, Fails, Receives, Unasked, Unasked]),
            ("x", [Passes, Receives, Fails, Fails, Fails, Unasked]),
        ] {
            let labels = Labels::from_pairs([("severity", "critical"), ("team", team)]);
            assert_eq!(routes.reach(&labels), expected, "{team}");
        }
    }

    #[test]
    fn groups_are_named_as_upstream_names_them() {
        let child = route("c", vec![Matcher::equal("severity", "critical")], vec![]);
        let routes = Routes::new(&route("root", vec![], vec![child]));
        let labels = Labels::from_pairs([("alertname", "X"), ("a", "b")]);
        let node = routes.get(1).unwrap();
        assert_eq!(
            node.group_key(&node.group_labels(&labels)),
            "{}/{severity=\"critical\"}:{alertname=\"X\"}"
        );
        assert_eq!(
            node.group_key(&labels),
            "{}/{severity=\"critical\"}:{a=\"b\", alertname=\"X\"}"
        );
        assert_eq!(
            node.group_key(&Labels::empty()),
            "{}/{severity=\"critical\"}:{}"
        );
    }
}
