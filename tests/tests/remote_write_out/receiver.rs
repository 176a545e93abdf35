//! A receiver that answers as a test says, and shows what it was sent.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request, its body decompressed.
#[derive(Clone)]
pub(crate) struct Sent {
    /// By name in small letters.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// The receiver; its thread ends with the process.
pub(crate) struct Receiver {
    pub(crate) url: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Receiver {
    /// Answers each request with a status line's rest and headers, such as `204 No Content\r\n`.
    pub(crate) fn start(answer: impl Fn(usize) -> &'static str + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/write", listener.local_addr().unwrap());
        let sent = Arc::<Mutex<Vec<Sent>>>::default();
        let (all, answer) = (Arc::clone(&sent), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (all, answer) = (Arc::clone(&all), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &all, answer.as_ref()));
            }
        });
        Self { url, sent }
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    all: &Mutex<Vec<Sent>>,
    answer: &dyn Fn(usize) -> &'static str,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut headers = HashMap::new();
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let length: usize = headers.get("content-length")?.parse().ok()?;
        let mut packed = vec![0; length];
        reader.read_exact(&mut packed).ok()?;
        let body = snap::raw::Decoder::new().decompress_vec(&packed).ok()?;
        let number = {
            let mut all = all.lock().ok()?;
            all.push(Sent { headers, body });
            all.len() - 1
        };
        let head = format!("HTTP/1.1 {}Content-Length: 0\r\n\r\n", answer(number));
        stream.write_all(head.as_bytes()).ok()?;
    }
}
