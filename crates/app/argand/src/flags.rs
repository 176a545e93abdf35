//! The flags of the command line, as data: name, form, default and help of each.
//!
//! They are those of Prometheus, so that a unit file or a container's arguments need no change,
//! and the few that only Argand has. The table gives the parser, the help text and the page of
//! flags. Other roles of the program have tables of their own ([`Program`]).

mod prometheus;
mod statsd;

use std::collections::BTreeMap;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};

pub(crate) use prometheus::PROMETHEUS;

/// The form of a flag's value.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// `--flag` or `--no-flag`.
    Switch,
    /// Any text; what it means is checked where it is used.
    Text,
    /// Any text, and the flag may be given again.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// Whether a flag does something yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    /// Accepted, so that nobody has to change a unit file; a log line says that it does nothing.
    Accepted,
}

/// One flag.
pub(crate) struct Flag {
    name: &'static str,
    form: Form,
    default: &'static str,
    state: State,
    help: &'static str,
}

/// A flag that does something.
pub(crate) const fn active(
    name: &'static str,
    form: Form,
    default: &'static str,
    help: &'static str,
) -> Flag {
    Flag {
        name,
        form,
        default,
        state: State::Active,
        help,
    }
}

/// A flag that does nothing yet.
pub(crate) const fn accepted(name: &'static str, form: Form, default: &'static str) -> Flag {
    Flag {
        name,
        form,
        default,
        state: State::Accepted,
        help: "Accepted; not active yet.",
    }
}

use Form::{Choice, List, Switch, Text};

/// A role of the program, with its own flags.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// What the help ends with.
    pub(crate) after_help: &'static str,
    /// Those of this role alone; [`Program::all`] knows those of every role, too.
    pub(crate) flags: &'static [&'static [Flag]],
    /// Why a value of a flag is refused until it works.
    pub(crate) refusal: fn(name: &str, value: &str) -> Option<&'static str>,
}

impl Program {
    fn all(&self) -> impl Iterator<Item = &'static Flag> + use<> {
        self.flags.iter().copied().flatten().chain(SHARED)
    }
}

/// The flags of every role.
const SHARED: &[Flag] = &[
    active(
        "log.level",
        Choice(&["debug", "info", "warn", "error"]),
        "info",
        "Only messages of this level or above are logged.",
    ),
    active(
        "log.format",
        Choice(&["logfmt", "json"]),
        "logfmt",
        "Form of the log.",
    ),
    accepted("auto-gomaxprocs", Switch, "true"),
    accepted("auto-gomemlimit", Switch, "true"),
    accepted("auto-gomemlimit.ratio", Text, "0.9"),
];

/// The values in force, by flag.
pub(crate) struct Flags {
    values: BTreeMap<&'static str, Vec<String>>,
    /// Names of given flags that do nothing yet.
    pub(crate) without_effect: Vec<&'static str>,
}

/// The flags of a role, as they are read.
pub(crate) fn command(program: &Program) -> Command {
    let mut command = Command::new(program.name)
        .version(env!("CARGO_PKG_VERSION"))
        .about(program.about)
        .after_help(program.after_help)
        .disable_help_subcommand(true);
    for flag in program.all() {
        let mut arg = Arg::new(flag.name).long(flag.name).help(flag.help);
        if flag.state == State::Accepted {
            arg = arg.hide_short_help(true);
        }
        arg = match flag.form {
            Switch => arg.action(ArgAction::SetTrue).overrides_with(flag.name),
            Text => arg
                .action(ArgAction::Set)
                .value_name("VALUE")
                .overrides_with(flag.name),
            List => arg.action(ArgAction::Append).value_name("VALUE"),
            Choice(words) => arg
                .action(ArgAction::Set)
                .value_parser(PossibleValuesParser::new(words))
                .overrides_with(flag.name),
        };
        if !flag.default.is_empty() && !matches!(flag.form, Switch) {
            arg = arg.help(format!("{} [default: {}]", flag.help, flag.default));
        }
        command = command.arg(arg);
        if let Switch = flag.form {
            let negative = format!("no-{}", flag.name);
            let arg = Arg::new(negative.clone())
                .long(negative)
                .action(ArgAction::SetTrue)
                .hide(true)
                .overrides_with(flag.name);
            command = command.arg(arg);
        }
    }
    command
}

impl Flags {
    /// Reads a command line; an error's text names the flag, and the nearest one where it is
    /// unknown.
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = std::ffi::OsString>,
    ) -> Result<Self, clap::Error> {
        Self::parse_for(&PROMETHEUS, arguments)
    }

    /// Reads the command line of a role; its first word stands for the program.
    pub(crate) fn parse_for(
        program: &Program,
        arguments: impl IntoIterator<Item = std::ffi::OsString>,
    ) -> Result<Self, clap::Error> {
        let mut command = command(program);
        let matches = command.try_get_matches_from_mut(arguments)?;
        let mut values = BTreeMap::new();
        let mut without_effect = Vec::new();
        for flag in program.all() {
            let given: Option<Vec<String>> = match flag.form {
                Switch if matches.get_flag(flag.name) => Some(vec!["true".to_owned()]),
                Switch if matches.get_flag(&format!("no-{}", flag.name)) => {
                    Some(vec!["false".to_owned()])
                }
                Switch => None,
                _ => matches
                    .get_many::<String>(flag.name)
                    .map(|v| v.cloned().collect()),
            };
            let refused = given
                .iter()
                .flatten()
                .find_map(|value| (program.refusal)(flag.name, value));
            if let Some(why) = refused {
                let text = format!("--{}: {why}\n", flag.name);
                return Err(command.error(clap::error::ErrorKind::InvalidValue, text));
            }
            if given.is_some() && flag.state == State::Accepted {
                without_effect.push(flag.name);
            }
            values.insert(
                flag.name,
                given.unwrap_or_else(|| vec![flag.default.to_owned()]),
            );
        }
        Ok(Self {
            values,
            without_effect,
        })
    }

    /// The last value given for a flag, or its default.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.list(name).last().map_or("", String::as_str)
    }

    /// All values given for a flag.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// Every flag with its value, for the status page.
    pub(crate) fn shown(&self) -> BTreeMap<String, String> {
        self.values
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values.join(",")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Flags, clap::Error> {
        Flags::parse(
            ["argand"]
                .iter()
                .chain(arguments)
                .map(std::ffi::OsString::from),
        )
    }

    #[test]
    fn the_table_is_sound() {
        command(&PROMETHEUS).debug_assert();
        command(&crate::pushgateway::PROGRAM).debug_assert();
        command(&crate::alertmanager::PROGRAM).debug_assert();
    }

    #[test]
    fn flags_come_in_both_forms_and_the_last_one_stands() {
        let flags = parse(&[
            "--config.file=a.yml",
            "--config.file",
            "b.yml",
            "--web.enable-lifecycle",
            "--no-storage.tsdb.wal-compression",
        ])
        .unwrap();
        assert_eq!(flags.text("config.file"), "b.yml");
        assert!(flags.is_on("web.enable-lifecycle"));
        assert!(!flags.is_on("storage.tsdb.wal-compression"));
        assert_eq!(flags.text("query.timeout"), "2m");
    }

    #[test]
    fn an_unknown_flag_names_the_nearest() {
        let error = parse(&["--storage.tsdb.pth=x"]).err().unwrap().to_string();
        assert!(error.contains("--storage.tsdb.pth"), "{error}");
        assert!(error.contains("--storage.tsdb.path"), "{error}");
    }

    #[test]
    fn what_would_be_dangerous_to_ignore_is_refused() {
        let error = parse(&["--agent"]).err().unwrap().to_string();
        assert!(error.contains("not active yet"), "{error}");
        assert!(parse(&["--no-agent"]).is_ok());
    }

    #[test]
    fn flags_without_effect_are_listed() {
        let flags = parse(&["--web.page-title=x"]).unwrap();
        assert_eq!(flags.without_effect, ["web.page-title"]);
    }
}
