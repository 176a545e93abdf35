//! `argand push metrics`: files of metrics, each sent as one request of remote write.

use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use contract::{Clock as _, SystemClock};
use http::Method;

use super::message::{Message, Row, rows};
use crate::tools::families;
use crate::tools::server::Server;
use crate::tools::values::{duration, existing_file, pair};

/// Bytes of standard input that are read.
const MOST_INPUT: u64 = 1 << 30;

/// Push metrics to a prometheus remote write (for testing purpose only).
#[derive(Args)]
pub(super) struct Arguments {
    /// Label to attach to metrics. Can be specified multiple times.
    #[arg(
        long = "label",
        value_name = "NAME=VALUE",
        default_value = "job=promtool",
        value_parser = pair
    )]
    labels: Vec<(String, String)>,
    /// The time to wait for pushing metrics.
    #[arg(long, default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// Prometheus remote write header.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    headers: Vec<(String, String)>,
    /// Protobuf message to use when writing (prometheus.WriteRequest or
    /// io.prometheus.write.v2.Request).
    #[arg(long = "protobuf_message", default_value = "prometheus.WriteRequest")]
    message: String,
    /// Override the default remote write API path.
    #[arg(long = "remote-write.path", default_value = "/api/v1/write")]
    path: String,
    /// Prometheus remote write url to push metrics.
    #[arg(value_name = "remote-write-url")]
    url: String,
    /// The metric files to push, default is read from standard input.
    #[arg(value_name = "metric-files", value_parser = existing_file)]
    files: Vec<PathBuf>,
}

pub(super) fn run(
    arguments: &Arguments,
    settings: Option<&Path>,
    out: &mut impl Write,
) -> Result<ExitCode> {
    let server = Server::new(&arguments.url, settings, arguments.timeout)?
        .with_headers(&arguments.headers)?;
    let Some(message) = Message::from_name(&arguments.message) else {
        let name = model::name::quoted(&arguments.message);
        bail!(
            "  FAILED: invalid protobuf message {name}, must be prometheus.WriteRequest or io.prometheus.write.v2.Request"
        );
    };
    let push = Push {
        server,
        message,
        arguments,
    };
    let mut failed = false;
    if arguments.files.is_empty() {
        let mut body = Vec::new();
        io::stdin().lock().take(MOST_INPUT).read_to_end(&mut body)?;
        writeln!(out, "Parsing standard input")?;
        failed = !push.tell(&body, "metrics", out)?;
    }
    for file in &arguments.files {
        let name = file.display();
        let body = std::fs::read(file).with_context(|| format!("  FAILED: {name}"))?;
        writeln!(out, "Parsing metrics file {name}")?;
        failed |= !push.tell(&body, &format!("metrics file {name}"), out)?;
    }
    Ok(match failed {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// Where metrics go, and how.
struct Push<'a> {
    server: Server,
    message: Message,
    arguments: &'a Arguments,
}

impl Push<'_> {
    /// Sends a text of metrics and tells what became of it; answers whether it was taken.
    fn tell(&self, body: &[u8], what: &str, out: &mut impl Write) -> Result<bool> {
        match self.send(body) {
            Ok(()) => writeln!(out, "  SUCCESS: {what} pushed to remote write.")?,
            Err(error) => {
                out.flush()?;
                writeln!(io::stderr(), "  FAILED: {error:#}")?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn send(&self, body: &[u8]) -> Result<()> {
        let families = families::read(body)?;
        let rows: Vec<Row> = rows(&families, &self.arguments.labels, SystemClock.now());
        let encoded = self.message.encode(&families, &rows);
        let packed = snap::raw::Encoder::new().compress_vec(&encoded)?;
        let url = self.server.at(self.path());
        let headers = self.message.headers();
        let answer = self.server.send(Method::POST, &url, &headers, packed)?;
        if !answer.status.is_success() {
            let said = String::from_utf8_lossy(&answer.body);
            bail!(
                "server returned HTTP status {}: {}",
                answer.status,
                said.trim()
            );
        }
        Ok(())
    }

    /// The path behind the server's own, which the URL may name already.
    fn path(&self) -> &str {
        let named = self.arguments.url.trim_end_matches('/');
        match named.ends_with(&self.arguments.path) {
            true => "",
            false => &self.arguments.path,
        }
    }
}
