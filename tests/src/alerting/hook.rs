//! The receiver that a test plays: notes what it is told, and fails when it should.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

/// A notification that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// When.
    pub at: Instant,
    /// The path, without its slash.
    pub receiver: String,
    /// What was said.
    pub body: Value,
    /// The name of the request, by which one that comes again is known.
    pub key: Option<String>,
}

impl Told {
    /// Its alerts in their order: `name/n`, with a minus where it has ended.
    pub fn alerts(&self) -> String {
        let alerts = self.body.get("alerts").and_then(Value::as_array);
        let name = |alert: &Value| {
            let label = |name: &str| {
                let value = alert.pointer(&format!("/labels/{name}"));
                value.and_then(Value::as_str).unwrap_or("").to_owned()
            };
            let ended = alert.get("status").and_then(Value::as_str) == Some("resolved");
            let sign = if ended { "-" } else { "" };
            format!("{sign}{}/{}", label("alertname"), label("n"))
        };
        let names: Vec<String> = alerts.into_iter().flatten().map(name).collect();
        names.join(" ")
    }
}

#[derive(Default)]
struct State {
    told: Mutex<Vec<Told>>,
    failures: Mutex<HashMap<String, usize>>,
    end: AtomicBool,
}

/// The receiver; it ends with the value.
pub struct Hook {
    /// `http://127.0.0.1:port`, or another address of this machine.
    pub url: String,
    address: String,
    state: Arc<State>,
}

impl Hook {
    /// Starts listening.
    ///
    /// # Errors
    /// Where no port is left.
    pub fn start() -> Result<Self> {
        Self::start_at(Ipv4Addr::LOCALHOST)
    }

    /// Starts listening at an address of this machine.
    ///
    /// # Errors
    /// Where it has no such address, or no port is left.
    pub fn start_at(ip: Ipv4Addr) -> Result<Self> {
        let listener = TcpListener::bind((ip, 0))?;
        let address = listener.local_addr()?.to_string();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.end.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    // A client that breaks off has told nothing.
                    let _ = serve(&shared, stream);
                });
            }
        });
        Ok(Self {
            url: format!("http://{address}"),
            address,
            state,
        })
    }

    /// What came so far.
    pub fn told(&self) -> Vec<Told> {
        let told = self.state.told.lock();
        told.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next requests to a receiver are answered with 500.
    pub fn fail(&self, receiver: &str, times: usize) {
        let failures = self.state.failures.lock();
        let mut failures = failures.unwrap_or_else(PoisonError::into_inner);
        failures.insert(receiver.to_owned(), times);
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.state.end.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect(&self.address);
    }
}

fn serve(state: &State, stream: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut answers = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).context("a path")?;
        let receiver = path.trim_start_matches('/').to_owned();
        let (mut length, mut key) = (0, None);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(text) = header.strip_prefix("content-length:") {
                length = text.trim().parse()?;
            }
            if let Some(text) = header.strip_prefix("idempotency-key:") {
                key = Some(text.trim().to_owned());
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let status = take(state, receiver, &body, key)?;
        write!(answers, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n")?;
    }
}

/// Notes a request, unless it is to fail; answers the status.
fn take(state: &State, receiver: String, body: &[u8], key: Option<String>) -> Result<u16> {
    let failures = state.failures.lock();
    let mut failures = failures.unwrap_or_else(PoisonError::into_inner);
    if let Some(left) = failures.get_mut(&receiver).filter(|left| **left > 0) {
        *left -= 1;
        return Ok(500);
    }
    let told = Told {
        at: Instant::now(),
        receiver,
        body: serde_json::from_slice(body)?,
        key,
    };
    let list = state.told.lock();
    list.unwrap_or_else(PoisonError::into_inner).push(told);
    Ok(200)
}
