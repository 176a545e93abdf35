//! Globs as a tree of the parts between dots, so that a name is looked at once for all of them.

use config::StatsdKind;
use rapidhash::RapidHashMap;

use crate::counts::place;

/// No rule.
const NONE: u32 = u32::MAX;

/// All globs of a mapping file.
#[derive(Debug)]
pub(crate) struct Globs {
    nodes: Vec<Node>,
    first_wins: bool,
}

#[derive(Debug)]
struct Node {
    /// What follows a part of this text.
    next: RapidHashMap<Box<str>, u32>,
    /// What follows any part.
    any: Option<u32>,
    /// The rule of names that end here, by kind.
    rules: [u32; 3],
    /// The first rule of those that end here or behind.
    first: u32,
    /// Parts that are still to come, at least and at most.
    shortest: usize,
    longest: usize,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            next: RapidHashMap::default(),
            any: None,
            rules: [NONE; 3],
            first: NONE,
            shortest: usize::MAX,
            longest: 0,
        }
    }
}

impl Globs {
    /// No globs; with `first_wins` the first one added counts, otherwise the most specific one.
    pub(crate) fn new(first_wins: bool) -> Self {
        Self {
            nodes: vec![Node::default()],
            first_wins,
        }
    }

    /// Adds a glob for samples of a kind, or of all. Rules come in rising order.
    pub(crate) fn add(&mut self, parts: &[String], kind: Option<StatsdKind>, rule: u32) {
        let mut at = 0;
        for (place, part) in parts.iter().enumerate() {
            self.widen(at, parts.len() - place, rule);
            at = self.follow(at, part);
        }
        self.widen(at, 0, rule);
        let Some(node) = self.nodes.get_mut(at as usize) else {
            return;
        };
        let wanted = kind.map(place);
        for (place, known) in node.rules.iter_mut().enumerate() {
            if wanted.is_none_or(|wanted| wanted == place) {
                *known = (*known).min(rule);
            }
        }
    }

    /// Notes at a node that a rule lies so many parts behind it.
    fn widen(&mut self, at: u32, left: usize, rule: u32) {
        if let Some(node) = self.nodes.get_mut(at as usize) {
            node.shortest = node.shortest.min(left);
            node.longest = node.longest.max(left);
            node.first = node.first.min(rule);
        }
    }

    /// The node behind a part, which is made where there is none.
    fn follow(&mut self, at: u32, part: &str) -> u32 {
        let new = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        let Some(node) = self.nodes.get_mut(at as usize) else {
            return at;
        };
        let next = match part {
            "*" => *node.any.get_or_insert(new),
            part => *node.next.entry(part.into()).or_insert(new),
        };
        if next == new {
            self.nodes.push(Node::default());
        }
        next
    }

    /// The rule for a name and what its stars stand for.
    pub(crate) fn find<'n>(&self, name: &'n str, kind: StatsdKind) -> Option<(u32, Vec<&'n str>)> {
        let parts = memchr::memchr_iter(b'.', name.as_bytes()).count() + 1;
        if !self.nodes.first()?.fits(parts) {
            return None;
        }
        let parts: Vec<&str> = name.split('.').collect();
        let mut walk = Walk {
            globs: self,
            kind: place(kind),
            stars: Vec::new(),
            rule: NONE,
            found: Vec::new(),
        };
        walk.from(0, &parts);
        (walk.rule != NONE).then_some((walk.rule, walk.found))
    }
}

impl Node {
    fn fits(&self, left: usize) -> bool {
        (self.shortest..=self.longest).contains(&left)
    }
}

/// One name on its way through the tree. It takes as many steps at most as there are nodes.
struct Walk<'g, 'n> {
    globs: &'g Globs,
    kind: usize,
    /// What stars stood for on the way here.
    stars: Vec<&'n str>,
    /// The best rule so far, and its stars.
    rule: u32,
    found: Vec<&'n str>,
}

impl<'n> Walk<'_, 'n> {
    fn from(&mut self, at: u32, parts: &[&'n str]) {
        let Some(node) = self.globs.nodes.get(at as usize) else {
            return;
        };
        let Some((part, rest)) = parts.split_first() else {
            let rule = node.rules.get(self.kind).copied().unwrap_or(NONE);
            if rule < self.rule {
                self.rule = rule;
                self.found.clone_from(&self.stars);
            }
            return;
        };
        if let Some(&next) = node.next.get(*part) {
            self.step(next, rest);
        }
        let is_found = self.rule != NONE;
        if let Some(next) = node.any.filter(|_| self.globs.first_wins || !is_found) {
            self.stars.push(part);
            self.step(next, rest);
            self.stars.pop();
        }
    }

    /// Goes on where something better can be found.
    fn step(&mut self, next: u32, rest: &[&'n str]) {
        let node = self.globs.nodes.get(next as usize);
        if node.is_some_and(|node| node.fits(rest.len()) && node.first < self.rule) {
            self.from(next, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(globs: &[&str], first_wins: bool, name: &str) -> Option<(u32, Vec<String>)> {
        let mut tree = Globs::new(first_wins);
        for (rule, glob) in (0..).zip(globs) {
            let parts: Vec<String> = glob.split('.').map(str::to_owned).collect();
            tree.add(&parts, None, rule);
        }
        let found = tree.find(name, StatsdKind::Counter);
        found.map(|(rule, stars)| (rule, stars.into_iter().map(str::to_owned).collect()))
    }

    #[test]
    fn the_first_or_the_most_specific() {
        let rising = ["a.*.*", "a.*.d", "a.b.*", "a.b.c", "*.b.c.*"];
        for (globs, name, first, specific) in [
            (&rising[..], "a.b.c", Some(0), Some(3)),
            (&rising[..], "a.b.x", Some(0), Some(2)),
            (&rising[..], "a.x.d", Some(0), Some(1)),
            (&rising[..], "a.x.y", Some(0), Some(0)),
            (&rising[..], "a.b.c.d", Some(4), Some(4)),
            (&rising[..], "a.b", None, None),
            (&rising[..], "", None, None),
            // A way that ends nowhere is gone back.
            (&["a.b.c", "*.*.d"][..], "a.b.d", Some(1), Some(1)),
            (&["*.b.*", "a.*.c"][..], "a.b.c", Some(0), Some(1)),
            // A glob that another one goes on from.
            (&["a.b.c", "a.b"][..], "a.b", Some(1), Some(1)),
            // Of the same glob the first stands.
            (&["a.*", "a.*"][..], "a.b", Some(0), Some(0)),
            (&["a.*.b"][..], "a..b", Some(0), Some(0)),
        ] {
            let rule = |wins| find(globs, wins, name).map(|(rule, _)| rule);
            assert_eq!(rule(true), first, "first of {globs:?}: {name}");
            assert_eq!(rule(false), specific, "specific of {globs:?}: {name}");
        }
        let (_, stars) = find(&["a.*.c.*", "*.b.*.d"], true, "a.b.c.d").unwrap();
        assert_eq!(stars, ["b", "d"]);
    }

    #[test]
    fn kinds_have_rules_of_their_own() {
        let mut tree = Globs::new(true);
        let parts = ["a".to_owned()];
        tree.add(&parts, Some(StatsdKind::Gauge), 0);
        tree.add(&parts, None, 1);
        let rule = |kind| tree.find("a", kind).map(|(rule, _)| rule);
        assert_eq!(rule(StatsdKind::Gauge), Some(0));
        assert_eq!(rule(StatsdKind::Counter), Some(1));
    }
}
