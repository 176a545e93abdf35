//! Roles that are taken on (STS): by keys, or by the token of a pod.
//!
//! Formats: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html> and
//! `API_AssumeRoleWithWebIdentity.html`.

use bytes::Bytes;
use config::{SecretSource, SigV4};
use form_urlencoded::Serializer;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Uri};
use jiff::Timestamp;
use url::Url;

use super::keys::Found;
use super::sign::Signing;
use super::{AwsError, Credentials, Environment};
use crate::{Client, secret};

/// How long keys of a role are asked for, in seconds.
const ROLE_SECONDS: &str = "900";
const FORM: &str = "application/x-www-form-urlencoded";
const WHOM: &str = "taking on the role";
/// Bytes of an answer.
const MAX_ANSWER: u64 = 64 << 10;
/// Characters of an answer that an error repeats.
const MAX_MESSAGE: usize = 500;

/// Who takes a role on.
pub(super) struct Taker<'a> {
    pub(super) client: &'a Client,
    pub(super) environment: &'a Environment,
    pub(super) region: &'a str,
}

impl Taker<'_> {
    /// The role of a section, by keys.
    pub(super) async fn take_on(
        &self,
        login: &SigV4,
        own: &Credentials,
    ) -> Result<Found, AwsError> {
        let mut more = Vec::new();
        if !login.external_id.is_empty() {
            more.push(("ExternalId", login.external_id.as_str()));
        }
        let form = form("AssumeRole", &login.role_arn, "argand", &more);
        self.ask(form, Some(own)).await
    }

    /// The role of the pod this runs in; `None` where it has none.
    pub(super) async fn of_token(&self) -> Result<Option<Found>, AwsError> {
        let file = (self.environment)("AWS_WEB_IDENTITY_TOKEN_FILE");
        let (Some(file), Some(role)) = (file, (self.environment)("AWS_ROLE_ARN")) else {
            return Ok(None);
        };
        let source = SecretSource::File(file.into());
        let token = secret::read(&source, "web identity token file").map_err(|error| {
            let (whom, error) = (WHOM, error.into());
            AwsError::Http { whom, error }
        })?;
        let name = (self.environment)("AWS_ROLE_SESSION_NAME");
        let name = name.unwrap_or_else(|| "argand".to_owned());
        let more = [("WebIdentityToken", token.as_str())];
        let form = form("AssumeRoleWithWebIdentity", &role, &name, &more);
        self.ask(form, None).await.map(Some)
    }

    fn url(&self) -> Result<Url, AwsError> {
        let text = match (self.environment)("AWS_ENDPOINT_URL_STS") {
            Some(url) => url,
            None => {
                let china = self.region.starts_with("cn-");
                let end = if china { ".cn" } else { "" };
                format!("https://sts.{}.amazonaws.com{end}/", self.region)
            }
        };
        Url::parse(&text).map_err(|_| AwsError::Url(text))
    }

    async fn ask(&self, form: String, own: Option<&Credentials>) -> Result<Found, AwsError> {
        let url = self.url()?;
        let uri: Uri = url
            .as_str()
            .parse()
            .map_err(|_| AwsError::Url(url.to_string()))?;
        let mut request = Request::new(Bytes::from(form));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let content_type = HeaderValue::from_static(FORM);
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        if let Some(own) = own {
            let signing = Signing {
                region: self.region,
                service: "sts",
                now: Timestamp::now(),
            };
            signing.sign(&mut request, own)?;
        }
        let failed = |error| AwsError::Http { whom: WHOM, error };
        let response = self.client.send(request).await.map_err(failed)?;
        let status = response.status();
        let said = response.bytes(MAX_ANSWER).await.map_err(failed)?;
        let said = String::from_utf8_lossy(&said);
        if !status.is_success() {
            let message = element(&said, "Message").unwrap_or_default();
            return Err(AwsError::Refused {
                whom: WHOM,
                status,
                message: message.chars().take(MAX_MESSAGE).collect(),
            });
        }
        found(&said).ok_or(AwsError::Unreadable(WHOM))
    }
}

fn form(action: &str, role: &str, session: &str, more: &[(&str, &str)]) -> String {
    let fixed = [
        ("Action", action),
        ("Version", "2011-06-15"),
        ("RoleArn", role),
        ("RoleSessionName", session),
        ("DurationSeconds", ROLE_SECONDS),
    ];
    Serializer::new(String::new())
        .extend_pairs(fixed.iter().chain(more))
        .finish()
}

fn found(said: &str) -> Option<Found> {
    let ends = element(said, "Expiration").and_then(|text| text.parse().ok());
    Some(Found {
        credentials: Credentials {
            access_key: element(said, "AccessKeyId")?,
            secret_key: element(said, "SecretAccessKey")?,
            session_token: Some(element(said, "SessionToken")?),
        },
        ends,
    })
}

/// What the first element of a name holds, in an answer of AWS (XML).
pub fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&");
    Some(text)
}
