//! `argand am cluster`: what a server says of those it works with.

use clap::{Args, Subcommand};

/// View cluster status and peers.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    _command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// View cluster status and peers.
    Show,
}
