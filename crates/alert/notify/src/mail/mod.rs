//! `email_configs`: a mail of one or two bodies, over SMTP.
//!
//! The client is our own and small: crates for mail neither speak CRAM-MD5 nor take the TLS
//! settings that HTTP clients have.

mod address;
mod encode;
mod envelope;
mod login;
mod smtp;

use config::alertmanager::EmailConfig;
use contract::NotifyError;
use http_client::HttpError;

use crate::error::{lasting, while_doing};
use crate::integration::Kind;
use crate::told::Told;
use address::addresses;
use smtp::{Connection, Security};

/// The port of SMTP with TLS from the first byte (RFC 8314).
const IMPLICIT_TLS_PORT: &str = "465";

pub(crate) struct Email {
    config: EmailConfig,
}

impl Email {
    pub(crate) fn new(config: EmailConfig) -> Result<Self, HttpError> {
        // Wrong versions are found now; files are read when they are used.
        http_client::check_tls(&config.tls)?;
        Ok(Self { config })
    }

    fn security(&self) -> Security {
        let config = &self.config;
        let implicit = config
            .force_implicit_tls
            .unwrap_or(config.smarthost.port == IMPLICIT_TLS_PORT);
        match (implicit, config.require_tls) {
            (true, _) => Security::Implicit,
            (false, true) => Security::StartTls,
            (false, false) => Security::None,
        }
    }
}

impl Kind for Email {
    const NAME: &'static str = "email";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let config = &self.config;
        let from = told
            .text(&config.from)
            .map_err(while_doing("execute 'from' template"))?;
        let to = told
            .text(&config.to)
            .map_err(while_doing("execute 'to' template"))?;
        let senders =
            addresses(&from).map_err(|e| lasting(format!("parse 'from' addresses: {e}")))?;
        let [sender] = &senders[..] else {
            return Err(lasting(format!(
                "must be exactly one 'from' address (got: {})",
                senders.len()
            )));
        };
        let receivers =
            addresses(&to).map_err(|e| lasting(format!("parse 'to' addresses: {e}")))?;
        // Whatever is wrong with a template is found before anybody is connected to.
        let mail = envelope::mail(config, told)?;
        let mut connection = Connection::open(
            &config.smarthost,
            self.security(),
            &config.tls,
            &config.hello,
        )
        .await?;
        login::log_in(&mut connection, config).await?;
        connection.send(sender, &receivers, &mail).await
    }
}
