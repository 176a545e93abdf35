//! `argand am config routes [show]`: the routing tree, drawn.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use config::alertmanager::{AlertmanagerConfig, Route};

use super::tree::{Branch, draw};
use super::{Common, routes_test};
use crate::tools::server::shown;

/// Shows the routing tree, or where labels lead in it.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file whose routes are meant; those of the server where only that is named.
    #[arg(long = "config.file", global = true)]
    config_file: Option<PathBuf>,
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

pub(super) fn run(arguments: &Arguments, common: &Common, out: &mut impl Write) -> Result<()> {
    let root = arguments.load(common)?.route;
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

impl Arguments {
    /// The configuration of the file, else that of the server.
    fn load(&self, common: &Common) -> Result<AlertmanagerConfig> {
        match (&self.config_file, &common.url) {
            (Some(file), url) => {
                if url.is_some() {
                    writeln!(
                        io::stderr(),
                        "Warning: --config.file flag overrides the --alertmanager.url."
                    )?;
                }
                Ok(super::load(file, self.expand_env)?)
            }
            (None, Some(url)) => {
                let text = common.api()?.status()?.config.original;
                Ok(config::alertmanager::parse(
                    &text,
                    Path::new(&shown(url)),
                    None,
                )?)
            }
            (None, None) => {
                bail!("You have to specify one of --config.file or --alertmanager.url flags.")
            }
        }
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
