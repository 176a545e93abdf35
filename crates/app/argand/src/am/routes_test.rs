//! `argand am config routes test`: which receivers an alert's labels lead to.

use std::io::Write;

use anyhow::{Context, Result, bail};
use clap::Args;
use config::alertmanager::{Route, parse_matcher};
use model::{Labels, LabelsBuilder, MatchOp};

use super::routes::{matchers, with_receiver};
use super::tree::{Branch, draw};

/// Prints the receivers that labels lead to, in the order of the tree.
#[derive(Args)]
pub(super) struct Arguments {
    /// Fail unless the receivers are these, separated by commas.
    #[arg(long = "verify.receivers", default_value = "")]
    verify_receivers: String,
    /// Draw the routes that match, too.
    #[arg(long)]
    tree: bool,
    /// Labels, each name=value.
    labels: Vec<String>,
}

pub(super) fn run(root: &Route, arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let labels = labels(&arguments.labels)?;
    if arguments.tree {
        writeln!(out, "Matching routes:")?;
        draw(&branch(root, &labels), out)?;
        writeln!(out, "\n")?;
    }
    let mut receivers = Vec::new();
    collect(root, &labels, &mut receivers);
    let receivers = receivers.join(",");
    writeln!(out, "{receivers}")?;
    let expected = &arguments.verify_receivers;
    if !expected.is_empty() && *expected != receivers {
        bail!("WARNING: Expected receivers did not match resolved receivers.");
    }
    Ok(())
}

fn labels(texts: &[String]) -> Result<Labels> {
    let mut labels = LabelsBuilder::new();
    for text in texts {
        let matcher = parse_matcher(text).context("Failed to parse labels")?;
        if matcher.op() != MatchOp::Equal {
            bail!("Labels must be specified as key=value pairs");
        }
        labels.set(matcher.name(), matcher.value());
    }
    Ok(labels.build())
}

/// The children that an alert goes to: those that match, up to the first that does not continue.
fn matching<'a>(route: &'a Route, labels: &'a Labels) -> impl Iterator<Item = &'a Route> {
    let mut ended = false;
    route.routes.iter().filter(move |child| {
        let matches = !ended
            && child
                .matchers
                .iter()
                .all(|matcher| matcher.matches(labels.get(matcher.name()).unwrap_or("")));
        ended |= matches && !child.continues;
        matches
    })
}

fn collect<'a>(route: &'a Route, labels: &'a Labels, receivers: &mut Vec<&'a str>) {
    let before = receivers.len();
    for child in matching(route, labels) {
        collect(child, labels, receivers);
    }
    if receivers.len() == before {
        receivers.push(&route.receiver);
    }
}

fn branch(route: &Route, labels: &Labels) -> Branch {
    let branches: Vec<Branch> = matching(route, labels)
        .map(|child| branch(child, labels))
        .collect();
    let name = matchers(route);
    Branch {
        name: if branches.is_empty() {
            with_receiver(name, route)
        } else {
            name
        },
        branches,
    }
}
