//! `argand completions SHELL` and `argand man`: what shells and readers want to know of the command
//! line, made from the tables and trees that read it.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Command, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::tools::promtool::Promtool;
use crate::tools::{self, Out};
use crate::{alertmanager, am, demo, flags, pushgateway};

/// Papers of the command line.
#[derive(Parser)]
struct Papers {
    #[command(subcommand)]
    command: Paper,
}

#[derive(Subcommand)]
enum Paper {
    /// Print a script that completes command lines, for a shell to read at its start.
    Completions {
        /// The shell.
        shell: Shell,
        /// Whose command line.
        #[arg(value_enum, default_value = "argand")]
        program: Program,
    },
    /// Print the manual page, for `man -l -`.
    Man {
        /// Whose page.
        #[arg(value_enum, default_value = "argand")]
        program: Program,
    },
}

/// The names that this program goes by.
#[derive(Clone, Copy, ValueEnum)]
enum Program {
    Argand,
    Promtool,
    Amtool,
}

/// Does what a command line says.
pub(crate) fn run(name: &'static str, arguments: &[OsString]) -> ExitCode {
    tools::run(name, arguments, |line: Papers, out| line.command.print(out))
}

impl Paper {
    fn print(&self, out: &mut Out) -> Result<ExitCode> {
        match self {
            Self::Completions { shell, program } => {
                let mut command = program.command();
                let name = command.get_name().to_owned();
                clap_complete::generate(*shell, &mut command, name, out);
            }
            Self::Man { program } => manual(program.command(), out)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Program {
    fn command(self) -> Command {
        match self {
            Self::Argand => argand(),
            Self::Promtool => tools::tree::<Promtool>("promtool"),
            Self::Amtool => tools::tree::<am::Amtool>("amtool"),
        }
    }
}

/// The server's flags, and every word that may stand in their place.
fn argand() -> Command {
    let families = tools::tree::<Promtool>("argand");
    let papers = tools::tree::<Papers>("argand");
    let words = families.get_subcommands().chain(papers.get_subcommands());
    let words: Vec<Command> = words.cloned().collect();
    flags::command(&flags::PROMETHEUS)
        .subcommands(words)
        .subcommand(flags::command(&alertmanager::PROGRAM).name("alertmanager"))
        .subcommand(flags::command(&pushgateway::PROGRAM).name("pushgateway"))
        .subcommand(demo::command())
        .subcommand(tools::branch::<am::Amtool>("am"))
}

/// One page: that of the program, and behind it those of its commands.
fn manual(mut command: Command, out: &mut Out) -> Result<()> {
    command.build();
    let page = Man::new(command.clone());
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    // No list of commands: it would name pages of their own, and they are sections of this one.
    if command.get_after_help().is_some() {
        page.render_extra_section(out)?;
    }
    for command in leaves(&command) {
        let name = command.get_bin_name().unwrap_or(command.get_name());
        writeln!(out, ".SH \"{}\"", name.to_uppercase())?;
        let page = Man::new(command.clone());
        page.render_description_section(out)?;
        page.render_synopsis_section(out)?;
        page.render_options_section(out)?;
    }
    Ok(())
}

/// The commands that do something themselves.
fn leaves(command: &Command) -> Vec<&Command> {
    let mut found = Vec::new();
    for below in command.get_subcommands() {
        match below.get_name() {
            "help" => {}
            _ if below.has_subcommands() => found.extend(leaves(below)),
            _ => found.push(below),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_in_the_papers() {
        let mut out = Vec::new();
        clap_complete::generate(Shell::Bash, &mut argand(), "argand", &mut out);
        let script = String::from_utf8(out).unwrap();
        for word in [
            "--storage.tsdb.path",
            "create-blocks-from",
            "alertmanager",
            "pushgateway",
            "silence",
        ] {
            assert!(script.contains(word), "{word}");
        }
    }

    #[test]
    fn the_tree_of_all_words_is_sound() {
        argand().debug_assert();
    }
}
