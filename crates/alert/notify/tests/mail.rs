//! Mails as a real SMTP server receives them: with and without TLS, each way of logging in,
//! headers, bodies, threads, and what goes wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Authority, GROUP, firing, integration, told};
use contract::NotifyError;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server offers, and how it refuses.
#[derive(Clone, Default)]
struct Manner {
    tls: Option<TlsAcceptor>,
    implicit: bool,
    auth: &'static str,
    /// A command and what is said to it instead.
    refusal: Option<(&'static str, &'static str)>,
}

/// What one connection said: commands as they came, the mail without its end.
#[derive(Clone, Debug, Default)]
struct Session {
    commands: Vec<String>,
    mail: String,
    secured: bool,
}

struct Mailbox {
    address: SocketAddr,
    sessions: Arc<Mutex<Vec<Session>>>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Mailbox {
    async fn open(manner: Manner) -> Self {
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
    async fn session(&self) -> Session {
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

/// An authority in a file, and a server of its own for this machine.
fn authority() -> (tempfile::TempDir, String, TlsAcceptor) {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(authority.server("localhost")));
    (folder, path.display().to_string(), acceptor)
}

fn lines(mailbox: &Mailbox, more: &str) -> String {
    format!(
        "email_configs:\n- to: 'Ops <ops@example.org>, you@example.org'\n  from: 'Argand <am@example.org>'\n  smarthost: localhost:{}\n  hello: me.test\n  {}",
        mailbox.address.port(),
        more.replace('\n', "\n  ")
    )
}

async fn attempt(mailbox: &Mailbox, more: &str) -> Result<(), NotifyError> {
    let outcome = told(&integration(&lines(mailbox, more)), &firing(&["a", "b"])).await;
    if let Err(error) = &outcome {
        assert!(!error.message.contains("s3cret"), "{error}");
        assert!(
            !error.message.contains(&STANDARD.encode("s3cret-pw")),
            "{error}"
        );
    }
    outcome
}

fn header<'a>(mail: &'a str, name: &str) -> Option<&'a str> {
    let head = mail.split("\n\n").next().unwrap_or("");
    head.lines()
        .find_map(|line| line.strip_prefix(&format!("{name}: ")))
}

#[tokio::test]
async fn a_mail_with_both_bodies() {
    let mailbox = Mailbox::open(Manner::default()).await;
    attempt(
        &mailbox,
        "require_tls: false\nheaders: {subject: 'Für {{ .GroupLabels.alertname }}', x-kind: '{{ .Status }}'}\ntext: \"dear = you\\n.dot {{ len .Alerts }}\"\nhtml: '<b>{{ .CommonLabels.alertname }}</b>{{ \"<\" }}'",
    )
    .await
    .expect("is sent");
    let session = mailbox.session().await;
    assert_eq!(
        session.commands,
        [
            "EHLO me.test",
            "MAIL FROM:<am@example.org> BODY=8BITMIME",
            "RCPT TO:<ops@example.org>",
            "RCPT TO:<you@example.org>",
            "DATA",
            "QUIT",
        ]
    );
    let mail = &session.mail;
    assert_eq!(header(mail, "Subject"), Some("=?utf-8?q?F=C3=BCr_Down?="));
    assert_eq!(header(mail, "X-Kind"), Some("firing"));
    assert_eq!(
        header(mail, "To"),
        Some("Ops <ops@example.org>, you@example.org")
    );
    assert_eq!(header(mail, "From"), Some("Argand <am@example.org>"));
    assert_eq!(header(mail, "MIME-Version"), Some("1.0"));
    assert!(header(mail, "Message-Id").expect("an id").starts_with('<'));
    jiff::fmt::rfc2822::parse(header(mail, "Date").expect("a date")).expect("a date");
    assert_eq!(header(mail, "References"), None);
    let kind = header(mail, "Content-Type").expect("a type");
    let boundary = kind.split('"').nth(1).expect(kind);
    let parts: Vec<&str> = mail.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 4, "{mail}");
    assert!(
        parts[1].contains("Content-Type: text/plain; charset=UTF-8\n\ndear =3D you\n.dot 2\n"),
        "{mail}"
    );
    assert!(
        parts[2].contains("Content-Type: text/html; charset=UTF-8\n\n<b>Down</b>&lt;\n"),
        "{mail}"
    );
    assert_eq!(parts[3], "--\n");
}

#[tokio::test]
async fn tls_is_required_where_nothing_is_said() {
    let (_folder, ca, acceptor) = authority();
    let trust = format!("text: t\ntls_config: {{ca_file: {ca}}}");
    let mailbox = Mailbox::open(Manner {
        tls: Some(acceptor.clone()),
        ..Manner::default()
    })
    .await;
    attempt(&mailbox, &trust).await.expect("is sent");
    let session = mailbox.session().await;
    assert!(session.secured);
    assert_eq!(
        session.commands[..3],
        ["EHLO me.test", "STARTTLS", "EHLO me.test"]
    );

    let implicit = Manner {
        tls: Some(acceptor.clone()),
        implicit: true,
        ..Manner::default()
    };
    let mailbox = Mailbox::open(implicit).await;
    attempt(&mailbox, &format!("force_implicit_tls: true\n{trust}"))
        .await
        .expect("is sent");
    let session = mailbox.session().await;
    assert!(session.secured && !session.commands.contains(&"STARTTLS".to_owned()));

    let mailbox = Mailbox::open(Manner::default()).await;
    let error = attempt(&mailbox, &trust).await.expect_err("no TLS there");
    assert!(
        error.may_retry
            && error
                .message
                .contains("does not advertise the STARTTLS extension"),
        "{error}"
    );

    let mailbox = Mailbox::open(Manner {
        tls: Some(acceptor),
        ..Manner::default()
    })
    .await;
    let error = attempt(&mailbox, "text: t")
        .await
        .expect_err("nobody vouches for it");
    assert!(
        error.may_retry && error.message.contains("certificate"),
        "{error}"
    );
    assert!(mailbox.session().await.mail.is_empty());
}

#[tokio::test]
async fn each_way_of_logging_in() {
    let (_folder, ca, acceptor) = authority();
    let who = format!(
        "text: t\ntls_config: {{ca_file: {ca}}}\nauth_username: user\nauth_identity: id\nauth_password: s3cret-pw"
    );
    for (offered, said) in [
        ("PLAIN LOGIN", "AUTH PLAIN"),
        ("LOGIN PLAIN", "AUTH LOGIN"),
        ("CRAM-MD5 XOAUTH2 LOGIN", "AUTH LOGIN"),
    ] {
        let manner = Manner {
            tls: Some(acceptor.clone()),
            auth: offered,
            ..Manner::default()
        };
        let mailbox = Mailbox::open(manner).await;
        attempt(&mailbox, &who).await.expect(offered);
        let session = mailbox.session().await;
        assert!(
            session.commands.iter().any(|line| line.starts_with(said)),
            "{session:?}"
        );
        assert!(
            session.commands.contains(&"accepted: true".to_owned()),
            "{session:?}"
        );
    }
    let mailbox = Mailbox::open(Manner {
        auth: "CRAM-MD5 PLAIN",
        ..Manner::default()
    })
    .await;
    attempt(
        &mailbox,
        "require_tls: false\ntext: t\nauth_username: tim\nauth_secret: tanstaaftanstaaf",
    )
    .await
    .expect("is sent");
    assert!(
        mailbox
            .session()
            .await
            .commands
            .contains(&"accepted: true".to_owned())
    );
    // Whoever names nobody does not log in.
    let mailbox = Mailbox::open(Manner {
        auth: "PLAIN",
        ..Manner::default()
    })
    .await;
    attempt(&mailbox, "require_tls: false\ntext: t")
        .await
        .expect("is sent");
    assert!(
        !mailbox
            .session()
            .await
            .commands
            .iter()
            .any(|line| line.starts_with("AUTH"))
    );
}

#[tokio::test]
async fn what_goes_wrong_with_a_mail() {
    let login = "require_tls: false\ntext: t\nauth_username: user\nauth_password: s3cret-pw";
    for (manner, more, retry, word) in [
        (
            Manner {
                auth: "PLAIN",
                refusal: Some(("AUTH", "535 5.7.8 no")),
                ..Manner::default()
            },
            login,
            true,
            "PLAIN auth: 535 5.7.8 no",
        ),
        (
            Manner {
                auth: "CRAM-MD5",
                ..Manner::default()
            },
            login,
            true,
            "missing secret for CRAM-MD5 auth mechanism",
        ),
        (
            Manner {
                auth: "GSSAPI",
                ..Manner::default()
            },
            login,
            true,
            "unknown auth mechanism: GSSAPI",
        ),
        (
            Manner {
                refusal: Some(("RCPT", "550 5.1.1 unknown user")),
                ..Manner::default()
            },
            "require_tls: false",
            true,
            "send RCPT command: 550 5.1.1 unknown user",
        ),
        (
            Manner {
                refusal: Some(("MAIL", "451 later")),
                ..Manner::default()
            },
            "require_tls: false",
            true,
            "send MAIL command: 451 later",
        ),
        (
            Manner {
                refusal: Some(("mail", "554 spam")),
                ..Manner::default()
            },
            "require_tls: false",
            true,
            "delivery failure: 554 spam",
        ),
        (
            Manner::default(),
            "require_tls: false\ntext: '{{ .Nope }}'",
            false,
            "execute text template",
        ),
        (
            Manner::default(),
            "require_tls: false\nheaders: {Subject: '{{ .Nope }}'}",
            false,
            "execute \"Subject\" header template",
        ),
        (
            Manner::default(),
            "require_tls: false\nhtml: '{{ template \"none\" . }}'",
            false,
            "execute html template",
        ),
    ] {
        let mailbox = Mailbox::open(manner).await;
        let error = attempt(&mailbox, more).await.expect_err(word);
        assert!(error.message.contains(word), "{error}");
        assert_eq!(error.may_retry, retry, "{error}");
    }
    let mailbox = Mailbox::open(Manner::default()).await;
    for (from, word) in [
        ("nobody", "parse 'from' addresses"),
        ("a@b, c@d", "exactly one 'from' address (got: 2)"),
    ] {
        let lines = lines(&mailbox, "require_tls: false").replace("Argand <am@example.org>", from);
        let error = told(&integration(&lines), &firing(&["a"]))
            .await
            .expect_err(from);
        assert!(!error.may_retry && error.message.contains(word), "{error}");
    }
    // EHLO is unknown to some; there is nobody at this port.
    let old = Mailbox::open(Manner {
        refusal: Some(("EHLO", "500 what")),
        ..Manner::default()
    })
    .await;
    let error = attempt(&old, "require_tls: false")
        .await
        .expect_err("HELO is unknown there, too");
    assert!(error.message.contains("send EHLO command"), "{error}");
    let refused =
        lines(&mailbox, "require_tls: false").replace(&mailbox.address.port().to_string(), "1");
    let error = told(&integration(&refused), &firing(&["a"]))
        .await
        .expect_err("refused");
    assert!(
        error.may_retry && error.message.contains("establish connection to server"),
        "{error}"
    );
}

#[tokio::test]
async fn mails_of_a_group_are_one_thread() {
    for (by, day) in [("none", false), ("daily", true)] {
        let mailbox = Mailbox::open(Manner::default()).await;
        attempt(
            &mailbox,
            &format!("require_tls: false\nthreading: {{enabled: true, thread_by_date: {by}}}"),
        )
        .await
        .expect("is sent");
        let mail = mailbox.session().await.mail;
        let root = header(&mail, "References").expect("a thread");
        assert_eq!(header(&mail, "In-Reply-To"), Some(root));
        assert!(
            root.starts_with(&format!("<alert-{}-", &GROUP[..16])),
            "{root}"
        );
        assert_eq!(root.contains("-@"), !day, "{root}");
    }
}
