//! A mail server that notes what it is told.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may stop at the first surprise, and not each uses all of this"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server offers, and how it refuses.
#[derive(Clone, Default)]
pub struct Manner {
    pub tls: Option<TlsAcceptor>,
    pub implicit: bool,
    pub auth: &'static str,
    /// A command and what is said to it instead.
    pub refusal: Option<(&'static str, &'static str)>,
}

/// What one connection said: commands as they came, the mail without its end.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub commands: Vec<String>,
    pub mail: String,
    pub secured: bool,
}

pub struct Mailbox {
    pub address: SocketAddr,
    sessions: Arc<Mutex<Vec<Session>>>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Mailbox {
    pub async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sessions: Arc<Mutex<Vec<Session>>> = Arc::default();
        let shared = Arc::clone(&sessions);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manner, shared) = (manner.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    let mut session = Session::default();
                    serve(Box::new(stream), &manner, &mut session).await;
                    shared.lock().push(session);
                });
            }
        });
        Self { address, sessions }
    }

    /// The only session so far; waits for it to be over.
    pub async fn session(&self) -> Session {
        loop {
            if let Some(session) = self.sessions.lock().pop() {
                return session;
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn serve(mut stream: Box<dyn Stream>, manner: &Manner, session: &mut Session) {
    if manner.implicit {
        let acceptor = manner.tls.as_ref().expect("a certificate");
        let Ok(secured) = acceptor.accept(stream).await else {
            return;
        };
        stream = Box::new(secured);
        session.secured = true;
    }
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 mail.test ESMTP").await;
    while let Some(line) = hear(&mut stream).await {
        session.commands.push(line.clone());
        let word = line.split([' ', ':']).next().unwrap_or("").to_uppercase();
        if let Some((command, refusal)) = manner.refusal
            && line.starts_with(command)
        {
            say(&mut stream, refusal).await;
            continue;
        }
        match word.as_str() {
            "EHLO" => {
                let mut lines = vec!["mail.test".to_owned(), "8BITMIME".to_owned()];
                if manner.tls.is_some() && !session.secured {
                    lines.push("STARTTLS".to_owned());
                }
                if !manner.auth.is_empty() {
                    lines.push(format!("AUTH {}", manner.auth));
                }
                let last = lines.pop().unwrap();
                let mut reply: String =
                    lines.iter().map(|line| format!("250-{line}\r\n")).collect();
                reply += &format!("250 {last}");
                say(&mut stream, &reply).await;
            }
            "STARTTLS" => {
                say(&mut stream, "220 go ahead").await;
                let acceptor = manner.tls.as_ref().expect("a certificate");
                let Ok(secured) = acceptor.accept(stream.into_inner()).await else {
                    return;
                };
                stream = BufReader::new(Box::new(secured));
                session.secured = true;
            }
            "AUTH" => authenticate(&mut stream, &line, session).await,
            "MAIL" | "RCPT" => say(&mut stream, "250 ok").await,
            "DATA" => {
                say(&mut stream, "354 go ahead").await;
                while let Some(line) = hear(&mut stream).await {
                    if line == "." {
                        break;
                    }
                    session.mail += line.strip_prefix('.').unwrap_or(&line);
                    session.mail.push('\n');
                }
                match manner.refusal {
                    Some(("mail", refusal)) => say(&mut stream, refusal).await,
                    _ => say(&mut stream, "250 queued").await,
                }
            }
            "QUIT" => {
                say(&mut stream, "221 bye").await;
                return;
            }
            _ => say(&mut stream, "502 unknown").await,
        }
    }
}

/// Takes `user` with `s3cret-pw` in each way of saying so.
async fn authenticate(stream: &mut BufReader<Box<dyn Stream>>, line: &str, session: &mut Session) {
    let accepted = match line.split(' ').nth(1).unwrap_or("") {
        "PLAIN" => {
            let coded = line.split(' ').nth(2).unwrap_or("");
            STANDARD.decode(coded).unwrap() == b"id\0user\0s3cret-pw"
        }
        "LOGIN" => {
            let mut said = Vec::new();
            for question in ["Username:", "Password:"] {
                say(stream, &format!("334 {}", STANDARD.encode(question))).await;
                said.push(STANDARD.decode(hear(stream).await.unwrap()).unwrap());
            }
            said == [b"user".to_vec(), b"s3cret-pw".to_vec()]
        }
        "CRAM-MD5" => {
            // The challenge, secret and answer of RFC 2195.
            say(
                stream,
                &format!(
                    "334 {}",
                    STANDARD.encode("<1896.697170952@postoffice.reston.mci.net>")
                ),
            )
            .await;
            let said = STANDARD.decode(hear(stream).await.unwrap()).unwrap();
            said == b"tim b913a602c7eda7a495b4e6e7334d3890"
        }
        _ => false,
    };
    session.commands.push(format!("accepted: {accepted}"));
    say(stream, if accepted { "235 welcome" } else { "535 no" }).await;
}

async fn say(stream: &mut BufReader<Box<dyn Stream>>, text: &str) {
    let _ = stream
        .get_mut()
        .write_all(format!("{text}\r\n").as_bytes())
        .await;
    let _ = stream.get_mut().flush().await;
}

async fn hear(stream: &mut BufReader<Box<dyn Stream>>) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end_matches("\r\n").to_owned()),
    }
}

impl Session {
    /// A header's value, without what it is folded over.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.mail.split("\n\n").next().unwrap_or("");
        head.lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    /// Each part's headers in order, and its text.
    pub fn parts(&self) -> Vec<(Vec<String>, String)> {
        let kind = self.header("Content-Type").expect("a type");
        let (_, boundary) = kind.split_once("boundary=").expect(kind);
        let boundary = format!("--{}", boundary.trim_matches('"'));
        let all: Vec<&str> = self.mail.split(&boundary).collect();
        let (last, parts) = all.split_last().expect("an end");
        assert!(last.starts_with("--"), "{}", self.mail);
        let parts = parts.iter().skip(1).map(|part| {
            let (head, text) = part.trim_start().split_once("\n\n").expect("a head");
            let mut head: Vec<String> = head.lines().map(str::to_owned).collect();
            head.sort();
            (head, decoded(text))
        });
        parts.collect()
    }
}

/// What quoted-printable stands for.
fn decoded(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut bytes = joined.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            let digits = String::from_utf8_lossy(&digits).into_owned();
            out.push(u8::from_str_radix(&digits, 16).expect("two digits"));
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).expect("text").trim_end().to_owned()
}
