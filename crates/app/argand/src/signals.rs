//! Signals of the operating system: end, and read the configuration again.

use anyhow::{Context, Result};
use api::Reload;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

/// Waits until the process is asked to end.
pub(crate) async fn wait_for_end(mut quit: mpsc::Receiver<()>) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let asked = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        Some(()) = quit.recv() => "request",
    };
    tracing::info!(by = asked, "ending; a second signal ends at once");
    tokio::spawn(end_at_once(terminate, interrupt));
    Ok(())
}

/// Ends the process at the next signal: what was acknowledged is in the log, as after a kill.
async fn end_at_once(mut terminate: Signal, mut interrupt: Signal) {
    let asked = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    tracing::warn!(
        by = asked,
        "ended at once; the next start reads the log back"
    );
    std::process::exit(1);
}

/// Turns SIGHUP into requests to reload.
pub(crate) async fn forward_hangups(reload: mpsc::Sender<Reload>) -> Result<()> {
    let mut hangup = signal(SignalKind::hangup()).context("listening for SIGHUP")?;
    while hangup.recv().await.is_some() {
        // Nobody waits for the answer: the outcome is logged by whoever reloads.
        let (done, _) = oneshot::channel();
        if reload.send(done).await.is_err() {
            break;
        }
    }
    Ok(())
}
