//! `argand am config routes [show]`: the routing tree, drawn.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use config::alertmanager::Route;

use super::routes_test;
use super::tree::{Branch, draw};

/// Shows the routing tree, or where labels lead in it.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file whose routes are meant.
    #[arg(
        long = "config.file",
        global = true,
        default_value = "alertmanager.yml"
    )]
    config_file: PathBuf,
    /// Replace ${NAME} in values by what the environment says.
    #[arg(long = "config.expand-env", global = true)]
    expand_env: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Shows the routing tree.
    Show,
    Test(routes_test::Arguments),
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let root = super::load(&arguments.config_file, arguments.expand_env)?.route;
    match &arguments.command {
        None | Some(Command::Show) => {
            writeln!(out, "Routing tree:")?;
            draw(&branch(&root), out)?;
            writeln!(out)?;
            Ok(())
        }
        Some(Command::Test(arguments)) => routes_test::run(&root, arguments, out),
    }
}

fn branch(route: &Route) -> Branch {
    let mut name = matchers(route);
    if route.continues {
        name += "  continue: true";
    }
    Branch {
        name: with_receiver(name, route),
        branches: route.routes.iter().map(branch).collect(),
    }
}

/// What a route matches, in words.
pub(super) fn matchers(route: &Route) -> String {
    if route.matchers.is_empty() {
        return "default-route".to_owned();
    }
    let matchers: Vec<String> = route.matchers.iter().map(ToString::to_string).collect();
    format!("{{{}}}", matchers.join(","))
}

pub(super) fn with_receiver(name: String, route: &Route) -> String {
    format!("{name}  receiver: {}", route.receiver)
}
