//! Targets that say exactly what a test wants.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;

/// What a target answers.
pub enum Page {
    /// A body of a content type.
    Text(&'static str, Vec<u8>),
    /// The first part, then the second again and again: so many times, or until the client hangs
    /// up.
    Repeat(Vec<u8>, Vec<u8>, Option<u64>),
}

impl Page {
    /// A page of Prometheus' text form.
    pub fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::Text("text/plain; version=0.0.4; charset=utf-8", body.into())
    }
}

/// A target on a port of its own; it ends with the value.
pub struct Target {
    /// `127.0.0.1:port`
    pub address: String,
    end: Arc<AtomicBool>,
}

impl Target {
    /// Answers each path by `page`.
    ///
    /// # Errors
    /// Where no port is left.
    pub fn start(page: impl Fn(&str) -> Page + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let end = Arc::new(AtomicBool::new(false));
        let (ending, page) = (Arc::clone(&end), Arc::new(page));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ending.load(Ordering::Relaxed) {
                    break;
                }
                let page = Arc::clone(&page);
                // A client that hangs up in the middle is what some tests are about.
                std::thread::spawn(move || drop(serve(stream, page.as_ref())));
            }
        });
        Ok(Self { address, end })
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        // Wakes the listener, so that it sees the end.
        drop(TcpStream::connect(&self.address));
    }
}

fn serve(mut stream: TcpStream, page: &dyn Fn(&str) -> Page) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or("/");
    match page(path) {
        Page::Text(kind, body) => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            )?;
            stream.write_all(&body)
        }
        Page::Repeat(head, again, times) => {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n\r\n",
            )?;
            stream.write_all(&head)?;
            let mut left = times.unwrap_or(u64::MAX);
            while left > 0 {
                stream.write_all(&again)?;
                left -= 1;
            }
            Ok(())
        }
    }
}
