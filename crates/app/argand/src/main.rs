//! Argand: one binary for a whole Prometheus monitoring stack.
//!
//! The pipes that are joined here:
//!
//! ```text
//! discovery > scrape > Append > store > Select > promql > api > pages
//! ```

mod builtin;
mod configuration;
mod flags;
mod listen;
mod logging;
mod options;
mod own;
mod pipeline;
mod signals;

use std::process::ExitCode;

/// Many small blocks that live long and are freed in no order: measured against the system's
/// allocator in bench/.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let flags = match flags::Flags::parse(std::env::args_os()) {
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
