//! Argand: one binary for a whole Prometheus monitoring stack.
//!
//! The pipes that are joined here:
//!
//! ```text
//! discovery > scrape > Append > store > Select > promql > api > pages
//!                                                      \--> rules > Append, AlertSink
//! AlertSink > routing > receivers, and api > routing
//! api > push > Append
//! ```

mod alerting;
mod alertmanager;
mod allocator;
mod am;
mod builtin;
mod check_tools;
mod configuration;
mod connections;
mod dashboards;
mod debug_tools;
mod demo;
mod feature_list;
mod features;
mod flags;
mod listen;
mod logging;
mod machine;
mod objects;
mod options;
mod own;
mod papers;
mod pipeline;
mod promql_tools;
mod push_tools;
mod pushgateway;
mod query_log;
mod query_tools;
mod receivers;
mod remote_read;
mod signals;
mod spans;
mod statsd_receiver;
mod systemd;
mod test_tools;
mod tools;
mod tsdb;

use std::process::ExitCode;

/// Of the allocators tried under the load of bench/ it takes the least CPU and gives memory back
/// after a heavy query; the settings are in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    if let Some(code) = tools::run_family(&arguments) {
        return code;
    }
    let flags = match flags::Flags::parse(arguments) {
        Ok(flags) => flags,
        Err(refused) => refused.exit(),
    };
    logging::start(flags.text("log.level"), flags.text("log.format"));
    let outcome = options::Options::new(&flags).and_then(|options| pipeline::run(&flags, options));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
