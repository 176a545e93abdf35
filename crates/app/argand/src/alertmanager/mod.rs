//! `argand alertmanager …`: Alertmanager alone, with its flags; and the Alertmanager that runs
//! within the Prometheus role.

mod cluster;
mod feed;
mod flags;
mod predecessor;
mod role;
mod service;

use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) use cluster::{FLAGS_WITHIN as CLUSTER_WITHIN, options as cluster_options};
pub(crate) use feed::Feed;
pub(crate) use flags::PROGRAM;
pub(crate) use service::{Alertmanager, Loaded, Source, read_templates};

use crate::flags::Flags;
use crate::logging;

/// Runs Alertmanager until it is asked to end.
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
