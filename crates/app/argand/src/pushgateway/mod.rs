//! `argand pushgateway …`: the push gateway alone, with upstream's flags; and the one that runs
//! within the Prometheus role.

mod flags;
mod predecessor;
mod role;
mod service;

use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) use flags::{FLAGS_WITHIN, PROGRAM};
pub(crate) use service::Within;

use crate::flags::Flags;
use crate::logging;

/// Runs the push gateway until it is asked to end.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let flags = match Flags::parse_for(&PROGRAM, arguments.iter().skip(1).cloned()) {
        Ok(flags) => flags,
        Err(refused) => refused.exit(),
    };
    logging::start(flags.text("log.level"), flags.text("log.format"));
    let outcome = role::Options::new(&flags).and_then(|options| role::run(&flags, options));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
