//! `argand check healthy` and `check ready`: what a server says of itself.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use http::StatusCode;

use super::Verdict;
use crate::tools::server::{HttpArguments, Server, shown};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    http: HttpArguments,
    /// The URL for the Prometheus server.
    #[arg(long, default_value = "http://localhost:9090")]
    url: String,
}

/// Asks the server for a path that is answered with 200 where all is well.
pub(super) fn run(arguments: &Arguments, path: &str) -> Result<Verdict> {
    let server = Server::new(&arguments.url, arguments.http.file.as_deref(), PATIENCE)?;
    let answer = server.get(&server.at(path))?;
    if answer.status != StatusCode::OK {
        let (url, status) = (shown(&arguments.url), answer.status.as_u16());
        bail!("check failed: URL={url}, status={status}");
    }
    let said = String::from_utf8_lossy(&answer.body);
    writeln!(io::stderr(), "  SUCCESS:  {said}")?;
    Ok(Verdict::Fine)
}
