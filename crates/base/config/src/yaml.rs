//! YAML text to a tree of nodes, each with its place. The only module that knows the YAML library.
//!
//! Scalars keep the text that was written: what type they have is decided by who asks, as Go's
//! YAML library does it. Merge keys (`<<`), aliases and `!!binary` are resolved here; a key given
//! twice is refused. Only the first document of a stream is read. A text that would unfold to
//! more than [`MAX_NODES`] nodes or nest deeper than [`MAX_DEPTH`] is refused.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_saphyr::granit_parser::{
    Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag,
};

use crate::error::{Fault, Place};

/// Nodes that one file may unfold to, aliases included: some 100 MB of memory at most, and ten
/// times the largest files seen.
pub(crate) const MAX_NODES: usize = 1_000_000;
/// Levels of lists and maps inside each other. Real files have ten.
pub(crate) const MAX_DEPTH: usize = 100;

/// A value and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub at: Place,
    pub content: Content,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Nothing, `~` or `null`.
    Null,
    /// A scalar; `plain` where it stood without quotes and could be a number or a truth value.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file; no key twice.
    Map(Vec<Entry>),
}

/// One key of a map.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub at: Place,
    pub value: Node,
}

impl Node {
    /// What stands here, in words, for messages. The text of a scalar is not repeated.
    pub(crate) fn describe(&self) -> &'static str {
        match self.content {
            Content::Null => "nothing",
            Content::Scalar { .. } => "a single value",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    fn weight(&self) -> usize {
        1 + match &self.content {
            Content::Null | Content::Scalar { .. } => 0,
            Content::List(nodes) => nodes.iter().map(Self::weight).sum(),
            Content::Map(entries) => entries.iter().map(|e| e.value.weight()).sum(),
        }
    }
}

/// Reads the first document of a text; an empty text is [`Content::Null`].
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    parse_within(text, MAX_NODES)
}

/// The same where fewer nodes are meant.
pub(crate) fn parse_within(text: &str, max_nodes: usize) -> Result<Node, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut composer = Composer {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        nodes: 0,
        max_nodes,
    };
    loop {
        match composer.next()? {
            (Event::StreamStart | Event::DocumentStart(..), _) => {}
            (Event::StreamEnd | Event::DocumentEnd, span) => {
                return Ok(Node {
                    at: place(&span.start),
                    content: Content::Null,
                });
            }
            (event, span) => return composer.node(event, span, 0),
        }
    }
}

struct Composer<'t> {
    events: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    max_nodes: usize,
}

fn place(marker: &Marker) -> Place {
    Place {
        line: marker.line().max(1),
        column: marker.col().saturating_add(1),
    }
}

fn fault(at: Place, message: impl Into<String>) -> Fault {
    Fault::new(at, "", message)
}

fn scan_fault(error: &ScanError) -> Fault {
    fault(
        place(error.marker()),
        format!("not valid YAML: {}", error.info()),
    )
}

impl<'t> Composer<'t> {
    /// The next event that is no comment.
    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        loop {
            match self.events.next_event() {
                None => return Ok((Event::StreamEnd, Span::empty(Marker::new(0, 1, 0)))),
                Some(Err(error)) => return Err(scan_fault(&error)),
                Some(Ok((event, span))) => {
                    if event.is_node() || is_boundary(&event) {
                        return Ok((event, span));
                    }
                }
            }
        }
    }

    fn count(&mut self, nodes: usize, at: Place) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.max_nodes {
            return Err(fault(
                at,
                format!("the file unfolds to more than {} values", self.max_nodes),
            ));
        }
        Ok(())
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        let at = place(&span.start);
        if depth > MAX_DEPTH {
            return Err(fault(at, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.count(1, at)?;
        let (anchor, content) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar(&text, style, tag.as_deref(), at)?)
            }
            Event::SequenceStart(_, anchor, _) => (anchor, self.list(depth)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map(depth)?),
            Event::Alias(target) => return self.alias(target, at),
            _ => return Err(fault(at, "not valid YAML: a value was expected")),
        };
        let node = Node { at, content };
        if anchor > 0 {
            self.count(node.weight(), at)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, target: usize, at: Place) -> Result<Node, Fault> {
        let weight = self.anchors.get(&target).map(Node::weight);
        let weight = weight.ok_or_else(|| fault(at, "an alias to the value it is part of"))?;
        self.count(weight, at)?;
        let content = self.anchors.get(&target).map(|node| node.content.clone());
        Ok(Node {
            at,
            content: content.unwrap_or(Content::Null),
        })
    }

    fn list(&mut self, depth: usize) -> Result<Content, Fault> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Content::List(nodes)),
                (event, span) => nodes.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Content, Fault> {
        let mut entries = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            match key.content {
                Content::Scalar { text, plain: true } if text == "<<" => {
                    collect_merge(value, &mut merged)?
                }
                Content::Scalar { text, .. } => entries.push(Entry {
                    key: text,
                    at: key.at,
                    value,
                }),
                Content::Null => entries.push(Entry {
                    key: String::new(),
                    at: key.at,
                    value,
                }),
                _ => return Err(fault(key.at, "a key must be a single text")),
            }
        }
        refuse_twice(&entries)?;
        merge(&mut entries, merged);
        Ok(Content::Map(entries))
    }
}

fn is_boundary(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::SequenceEnd
            | Event::MappingEnd
            | Event::DocumentEnd
            | Event::StreamEnd
            | Event::StreamStart
            | Event::DocumentStart(..)
    )
}

/// The keys behind `<<`: those of one map, or of several where the first one wins.
fn collect_merge(value: Node, merged: &mut Vec<Entry>) -> Result<(), Fault> {
    match value.content {
        Content::Map(entries) => merged.extend(entries),
        Content::List(nodes) => {
            for node in nodes {
                match node.content {
                    Content::Map(entries) => merged.extend(entries),
                    _ => return Err(fault(node.at, "only maps can be merged with `<<`")),
                }
            }
        }
        _ => return Err(fault(value.at, "only maps can be merged with `<<`")),
    }
    Ok(())
}

/// Adds the merged keys that were not given in place.
fn merge(entries: &mut Vec<Entry>, merged: Vec<Entry>) {
    if merged.is_empty() {
        return;
    }
    let mut known: std::collections::HashSet<String> =
        entries.iter().map(|entry| entry.key.clone()).collect();
    for entry in merged {
        if known.insert(entry.key.clone()) {
            entries.push(entry);
        }
    }
}

fn refuse_twice(entries: &[Entry]) -> Result<(), Fault> {
    let mut seen: HashMap<&str, Place> = HashMap::with_capacity(entries.len());
    for entry in entries {
        if let Some(first) = seen.insert(&entry.key, entry.at) {
            let message = format!(
                "key {:?} was already given in line {}",
                entry.key, first.line
            );
            return Err(fault(entry.at, message));
        }
    }
    Ok(())
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Place) -> Result<Content, Fault> {
    let plain = matches!(style, ScalarStyle::Plain);
    let core = tag.and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
    match core.as_deref() {
        Some("binary") => binary(text, at),
        Some("null") => Ok(Content::Null),
        Some("str") => Ok(Content::Scalar {
            text: text.to_owned(),
            plain: false,
        }),
        _ if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") => Ok(Content::Null),
        _ => Ok(Content::Scalar {
            text: text.to_owned(),
            plain,
        }),
    }
}

fn binary(text: &str, at: Place) -> Result<Content, Fault> {
    let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = STANDARD
        .decode(packed)
        .map_err(|_| fault(at, "the !!binary value is no valid base64"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| fault(at, "the !!binary value holds bytes that are no UTF-8 text"))?;
    Ok(Content::Scalar { text, plain: false })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(text: &str) -> String {
        parse(text).expect_err(text).message
    }

    #[test]
    fn bombs_end_with_an_error() {
        let nested = "[".repeat(10_000);
        assert!(!message(&nested).is_empty());
        let deep = format!(
            "{}1{}",
            "[".repeat(MAX_DEPTH + 2),
            "]".repeat(MAX_DEPTH + 2)
        );
        assert!(message(&deep).contains("nested deeper"));
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let alias = format!("*a{}", level - 1);
            laughs += &format!("a{level}: &a{level} [{}]\n", vec![alias; 10].join(", "));
        }
        assert!(message(&laughs).contains("unfolds to more than"));
        assert!(message("a: &a [*a]").contains("part of"));
    }

    #[test]
    fn keys_given_twice_are_refused_merged_ones_are_not() {
        assert!(message("a: 1\nb: 2\na: 3\n").contains("already given in line 1"));
        let node = parse("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  x: 3\n").expect("merges");
        let Content::Map(entries) = node.content else {
            panic!("a map")
        };
        let Content::Map(used) = &entries[1].value.content else {
            panic!("a map")
        };
        let keys: Vec<&str> = used.iter().map(|e| e.key.as_str()).collect();
        assert_eq!(keys, ["x", "y"]);
    }

    #[test]
    fn places_count_from_one() {
        let node = parse("a:\n  - b: \"x\"\n").expect("parses");
        let Content::Map(entries) = node.content else {
            panic!("a map")
        };
        let Content::List(items) = &entries[0].value.content else {
            panic!("a list")
        };
        let Content::Map(inner) = &items[0].content else {
            panic!("a map")
        };
        assert_eq!(inner[0].at, Place { line: 2, column: 5 });
        assert_eq!(inner[0].value.at, Place { line: 2, column: 8 });
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-a-c:{}\\[\\],&*!|> \\n\"'#~<0-9]{0,60}|\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
