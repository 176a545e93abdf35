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

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::mailbox::{Mailbox, Manner};
use common::{Authority, GROUP, firing, integration, told};
use contract::NotifyError;
use tokio_rustls::TlsAcceptor;

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
                refusal: Some(("AUTH", "535 5.7.8 no: AHVzZXIAczNjcmV0LXB3 s3cret-pw")),
                ..Manner::default()
            },
            login,
            true,
            "PLAIN auth: 535 5.7.8 no: <secret> <secret>",
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
