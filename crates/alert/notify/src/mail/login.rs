//! Logging in: CRAM-MD5 (RFC 2195), PLAIN (RFC 4616) and LOGIN, the first of what the server
//! offers that the file has a secret for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::alertmanager::EmailConfig;
use contract::NotifyError;

use super::smtp::{Connection, Reply};
use crate::error::{passing, while_doing};
use crate::hash::{hex, hmac_md5};
use crate::secret;

/// The server expects more.
const CONTINUE: u16 = 334;
/// The login was taken.
const ACCEPTED: u16 = 235;

/// Logs in where the file names somebody and the server offers it.
pub(super) async fn log_in(
    connection: &mut Connection,
    config: &EmailConfig,
) -> Result<(), NotifyError> {
    let Some(offered) = connection.extension("AUTH").map(str::to_owned) else {
        return Ok(());
    };
    if config.auth_username.is_empty() {
        return Ok(());
    }
    let doing = "find auth mechanism";
    let secret = secret::read_optional(config.auth_secret.as_ref(), "auth_secret_file")
        .map_err(while_doing(doing))?
        .filter(|secret| !secret.is_empty());
    let password = secret::read_optional(config.auth_password.as_ref(), "auth_password_file")
        .map_err(while_doing(doing))?
        .filter(|password| !password.is_empty());
    let mut problems = Vec::new();
    for mechanism in offered.split_ascii_whitespace() {
        let outcome = match (mechanism.to_ascii_uppercase().as_str(), &secret, &password) {
            ("CRAM-MD5", Some(secret), _) => cram_md5(connection, config, secret).await,
            ("PLAIN", _, Some(password)) => {
                refuse_in_the_clear(connection, config)?;
                plain(connection, config, password).await
            }
            ("LOGIN", _, Some(password)) => login(connection, config, password).await,
            ("CRAM-MD5", None, _) => {
                problems.push("missing secret for CRAM-MD5 auth mechanism".to_owned());
                continue;
            }
            (known @ ("PLAIN" | "LOGIN"), _, None) => {
                problems.push(format!("missing password for {known} auth mechanism"));
                continue;
            }
            _ => {
                problems.push(format!("unknown auth mechanism: {mechanism}"));
                continue;
            }
        };
        return outcome
            .and_then(|reply| match reply.code {
                ACCEPTED => Ok(()),
                _ => Err(reply.refused()),
            })
            .map_err(while_doing(&format!("{mechanism} auth")))
            .map_err(|error| scrubbed(error, config, secret.iter().chain(&password)));
    }
    Err(passing(format!("{doing}: {}", problems.join("; "))))
}

/// The failure without what was sent: some servers repeat what they do not take.
fn scrubbed<'a>(
    mut error: NotifyError,
    config: &EmailConfig,
    secrets: impl Iterator<Item = &'a String>,
) -> NotifyError {
    for secret in secrets {
        for sent in [
            STANDARD.encode(plain_text(config, secret)),
            STANDARD.encode(secret),
            secret.clone(),
        ] {
            error.message = error.message.replace(&sent, "<secret>");
        }
    }
    error
}

/// What PLAIN sends.
fn plain_text(config: &EmailConfig, password: &str) -> String {
    format!(
        "{}\0{}\0{password}",
        config.auth_identity, config.auth_username
    )
}

/// A password goes in the clear to this machine only, whatever the file says.
fn refuse_in_the_clear(connection: &Connection, config: &EmailConfig) -> Result<(), NotifyError> {
    let here = ["localhost", "127.0.0.1", "::1", ""].contains(&config.smarthost.host.as_str());
    if connection.private || here {
        return Ok(());
    }
    Err(passing("PLAIN auth: unencrypted connection"))
}

async fn plain(
    connection: &mut Connection,
    config: &EmailConfig,
    password: &str,
) -> Result<Reply, NotifyError> {
    let text = plain_text(config, password);
    let line = format!("AUTH PLAIN {}", STANDARD.encode(text));
    connection.exchange(&line).await
}

async fn login(
    connection: &mut Connection,
    config: &EmailConfig,
    password: &str,
) -> Result<Reply, NotifyError> {
    let mut reply = connection.exchange("AUTH LOGIN").await?;
    // The name, then the password: a server asks for no more.
    for _ in 0..2 {
        if reply.code != CONTINUE {
            return Ok(reply);
        }
        let answer = match challenge(&reply)?.to_ascii_lowercase().as_str() {
            "username:" => &config.auth_username,
            "password:" => password,
            _ => return Err(passing("unexpected server challenge")),
        };
        reply = connection.exchange(&STANDARD.encode(answer)).await?;
    }
    Ok(reply)
}

async fn cram_md5(
    connection: &mut Connection,
    config: &EmailConfig,
    secret: &str,
) -> Result<Reply, NotifyError> {
    let reply = connection.exchange("AUTH CRAM-MD5").await?;
    if reply.code != CONTINUE {
        return Ok(reply);
    }
    let digest = hmac_md5(secret.as_bytes(), challenge(&reply)?.as_bytes());
    let text = format!("{} {}", config.auth_username, hex(&digest));
    connection.exchange(&STANDARD.encode(text)).await
}

fn challenge(reply: &Reply) -> Result<String, NotifyError> {
    let coded = reply.lines.first().map_or("", |line| line.trim());
    STANDARD
        .decode(coded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| passing("a challenge that is no base64"))
}
