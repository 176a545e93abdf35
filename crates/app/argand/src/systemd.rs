//! What systemd is told, where it asks: that the server is ready, reads its configuration again,
//! ends, and lives.
//!
//! A unit of `Type=notify-reload` names a socket in `NOTIFY_SOCKET`; with `WatchdogSec=` it also
//! wants to hear in time that the process lives. Without them nothing is done. Source: sd_notify(3)
//! and sd_watchdog_enabled(3).

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::time::{ClockId, clock_gettime};

/// The one who is told.
pub(crate) struct Systemd {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How often it wants to hear that the process lives.
    watchdog: Option<Duration>,
}

impl Systemd {
    /// As the environment says. Socket and watchdog that cannot be used are logged and left alone:
    /// the server is of use without them.
    pub(crate) fn from_environment() -> Arc<Self> {
        let socket = std::env::var("NOTIFY_SOCKET").ok().and_then(|name| {
            let opened = open(&name);
            opened
                .map_err(|error| {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "systemd is not told of anything"
                    )
                })
                .ok()
        });
        let variable = |name: &str| std::env::var(name).ok();
        let watchdog = watchdog(
            variable("WATCHDOG_USEC").as_deref(),
            variable("WATCHDOG_PID").as_deref(),
            std::process::id(),
        );
        Arc::new(Self { socket, watchdog })
    }

    /// Says what the server is about, in words for `systemctl status`.
    pub(crate) fn status(&self, words: &str) {
        self.tell(&format!("STATUS={words}"));
    }

    /// The server answers, or has read its configuration again.
    pub(crate) fn ready(&self, words: &str) {
        self.tell(&format!("READY=1\nSTATUS={words}"));
    }

    /// The configuration is being read again; [`Systemd::ready`] tells the end.
    pub(crate) fn reloading(&self) {
        let Ok(now) = clock_gettime(ClockId::CLOCK_MONOTONIC) else {
            return;
        };
        let micros = now.tv_sec() * 1_000_000 + now.tv_nsec() / 1000;
        self.tell(&format!(
            "RELOADING=1\nMONOTONIC_USEC={micros}\nSTATUS=reading the configuration again"
        ));
    }

    /// The server ends.
    pub(crate) fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=ending");
    }

    /// Says that the process lives, for ever; ends at once where nobody asks.
    pub(crate) async fn live(&self) {
        let Some(interval) = self.watchdog else {
            return;
        };
        loop {
            self.tell("WATCHDOG=1");
            tokio::time::sleep(interval / 2).await;
        }
    }

    fn tell(&self, message: &str) {
        let Some((socket, address)) = &self.socket else {
            return;
        };
        if let Err(error) = socket.send_to_addr(message.as_bytes(), address) {
            tracing::debug!(%error, message, "systemd was not told");
        }
    }
}

/// A socket and the address to send to: a path, or an abstract name behind an `@`.
fn open(name: &str) -> Result<(UnixDatagram, SocketAddr)> {
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    };
    let address = address.with_context(|| format!("NOTIFY_SOCKET={name}"))?;
    let socket = UnixDatagram::unbound().context("a socket for NOTIFY_SOCKET")?;
    // A reader that has stopped must not stop this process.
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}

/// How often the process `own` has to say that it lives, if at all.
fn watchdog(micros: Option<&str>, process: Option<&str>, own: u32) -> Option<Duration> {
    if process.is_some_and(|process| process.parse() != Ok(own)) {
        return None;
    }
    let micros = micros?.parse().ok().filter(|micros| *micros > 0)?;
    Some(Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watchdog_is_asked_for_by_time_and_process() {
        let check = |micros, process, expected: Option<u64>| {
            let expected = expected.map(Duration::from_micros);
            assert_eq!(
                watchdog(micros, process, 7),
                expected,
                "{micros:?} {process:?}"
            );
        };
        check(None, None, None);
        check(Some("500"), None, Some(500));
        check(Some("500"), Some("7"), Some(500));
        check(Some("500"), Some("8"), None);
        check(Some("500"), Some("x"), None);
        check(Some("0"), None, None);
        check(Some("x"), None, None);
    }

    #[test]
    fn messages_arrive_at_a_path_and_at_an_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let name = format!("argand-test-{}", std::process::id());
        let by_name = SocketAddr::from_abstract_name(&name).unwrap();
        for (socket, name) in [
            (
                UnixDatagram::bind(&path).unwrap(),
                path.display().to_string(),
            ),
            (
                UnixDatagram::bind_addr(&by_name).unwrap(),
                format!("@{name}"),
            ),
        ] {
            let systemd = Systemd {
                socket: Some(open(&name).unwrap()),
                watchdog: None,
            };
            systemd.ready("well");
            let mut message = [0; 100];
            let length = socket.recv(&mut message).unwrap();
            assert_eq!(&message[..length], b"READY=1\nSTATUS=well");
        }
    }
}
