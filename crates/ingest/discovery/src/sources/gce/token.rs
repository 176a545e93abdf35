//! Tokens for Google's APIs, as Google's own programs find them: a file that
//! `GOOGLE_APPLICATION_CREDENTIALS` names, the file of `gcloud`, or the machine itself.
//!
//! Format: <https://cloud.google.com/docs/authentication/application-default-credentials>.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use config::{Secret, SecretSource};
use form_urlencoded::Serializer;
use http::header::HeaderValue;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::ask::{AskError, Server, get, post};
use crate::fields::{number, text};

const SCOPE: &str = "https://www.googleapis.com/auth/compute.readonly";
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
const FORM: &str = "application/x-www-form-urlencoded";
/// Seconds for which a token is asked.
const LIFETIME: i64 = 3600;
/// A token is asked for anew so long before it ends.
const EARLY: Duration = Duration::from_secs(60);

/// Where tokens come from, and the one that is held.
pub(super) struct Tokens {
    /// A file of credentials; `None` where the machine has them.
    file: Option<PathBuf>,
    /// The host that knows of this machine.
    metadata_host: String,
    held: Option<(String, Instant)>,
}

impl Tokens {
    pub(super) fn new(environment: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
        let well_known = || {
            let home = PathBuf::from(variable("HOME")?);
            let file = home.join(".config/gcloud/application_default_credentials.json");
            file.is_file().then_some(file)
        };
        let named = variable("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
        let host = variable("GCE_METADATA_HOST");
        Self {
            file: named.or_else(well_known),
            metadata_host: host.unwrap_or_else(|| "metadata.google.internal".to_owned()),
            held: None,
        }
    }

    /// A token that is good now.
    pub(super) async fn get(&mut self, server: &Server) -> Result<&str, AskError> {
        let good = self
            .held
            .as_ref()
            .is_some_and(|(_, ends)| *ends > Instant::now() + EARLY);
        if !good {
            let answer = match &self.file {
                Some(file) => of_file(server, file).await?,
                None => of_machine(server, &self.metadata_host).await?,
            };
            let token = text(&answer, "/access_token").into_owned();
            let seconds = u64::try_from(number(&answer, "/expires_in")).unwrap_or(0);
            self.held = Some((token, Instant::now() + Duration::from_secs(seconds)));
        }
        match &self.held {
            Some((token, _)) if !token.is_empty() => Ok(token),
            _ => Err(AskError::Other("Google's answer holds no token".to_owned())),
        }
    }
}

async fn of_machine(server: &Server, host: &str) -> Result<Value, AskError> {
    let path = "computeMetadata/v1/instance/service-accounts/default/token";
    let mut request = get(&format!("http://{host}/{path}"))?;
    let google = HeaderValue::from_static("Google");
    request.headers_mut().insert("metadata-flavor", google);
    server.json(request).await
}

async fn of_file(server: &Server, file: &Path) -> Result<Value, AskError> {
    let source = SecretSource::File(file.to_owned());
    let content = http_client::read_secret(&source, "credentials file");
    let content = content.map_err(|error| AskError::Other(error.to_string()))?;
    let wrong = |reason: &str| AskError::Other(format!("{}: {reason}", file.display()));
    let login: Value = serde_json::from_str(&content).map_err(|_| wrong("not valid JSON"))?;
    let url = match text(&login, "/token_uri") {
        url if url.is_empty() => TOKEN_URL.into(),
        url => url,
    };
    let form = match &*text(&login, "/type") {
        "service_account" => {
            let now = Timestamp::now().as_second();
            let assertion = assertion(&login, &url, now)
                .ok_or_else(|| wrong("private_key is no RSA key in PEM (PKCS #8)"))?;
            Serializer::new(String::new())
                .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                .append_pair("assertion", &assertion)
                .finish()
        }
        "authorized_user" => Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", &text(&login, "/client_id"))
            .append_pair("client_secret", &text(&login, "/client_secret"))
            .append_pair("refresh_token", &text(&login, "/refresh_token"))
            .finish(),
        other => {
            return Err(wrong(&format!(
                "credentials of type {other:?} are not known, only service_account and authorized_user"
            )));
        }
    };
    server.json(post(&url, FORM, form)?).await
}

/// What a service account proves itself with: a signed JSON Web Token.
fn assertion(login: &Value, audience: &str, now: i64) -> Option<String> {
    let pem = SecretSource::Inline(Secret::new(text(login, "/private_key")));
    let key = http_client::private_key(&pem, "private key of the credentials file").ok()?;
    let key = RsaKeyPair::from_pkcs8(key.secret_der()).ok()?;
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": text(login, "/private_key_id")});
    let claims = json!({
        "iss": text(login, "/client_email"),
        "scope": SCOPE,
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME,
    });
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .ok()?;
    Some(format!(
        "{signed}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(signature)
    ))
}
