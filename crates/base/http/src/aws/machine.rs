//! Keys of the role that a container or the machine itself has: asked for over the network of the
//! machine, without any login.
//!
//! Formats: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>
//! (version 2, with a token).

use std::time::Duration;

use bytes::Bytes;
use config::SecretSource;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use serde::Deserialize;

use super::keys::Found;
use super::{AwsError, Credentials, Environment};
use crate::{Client, HttpError, secret, within};

/// Nobody is that far away: what does not answer by then is not there.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of an answer.
const MAX_ANSWER: u64 = 64 << 10;
/// Where containers are answered.
const CONTAINER: &str = "http://169.254.170.2";
/// Where machines are answered.
const INSTANCE: &str = "http://169.254.169.254";
/// Hosts that a container's address may name without TLS, besides loopback.
const CONTAINER_HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

const OF_CONTAINER: &str = "AWS credentials of the container";
const OF_INSTANCE: &str = "AWS credentials of the machine";

/// Keys as both answer them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answered {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
}

fn found(bytes: &[u8], whom: &'static str) -> Result<Found, AwsError> {
    let answered: Answered =
        serde_json::from_slice(bytes).map_err(|_| AwsError::Unreadable(whom))?;
    Ok(Found {
        credentials: Credentials {
            access_key: answered.access_key_id,
            secret_key: answered.secret_access_key,
            session_token: answered.token,
        },
        ends: answered.expiration.and_then(|moment| moment.parse().ok()),
    })
}

/// The keys of a container (ECS, EKS pod identity); `None` where this is none.
pub(super) async fn of_container(
    client: &Client,
    environment: &Environment,
) -> Result<Option<Found>, AwsError> {
    let relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let url = match relative {
        Some(path) => format!("{CONTAINER}{path}"),
        None => match environment("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            Some(url) => url,
            None => return Ok(None),
        },
    };
    let uri = parsed(&url)?;
    if !may_be_told(&uri) {
        return Err(AwsError::Url(url));
    }
    let mut request = request(Method::GET, uri);
    let failed = |error| AwsError::Http {
        whom: OF_CONTAINER,
        error,
    };
    let token = match environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(path) => {
            let source = SecretSource::File(path.into());
            let token = secret::read(&source, "container's token file");
            Some(token.map_err(|error| failed(error.into()))?)
        }
        None => environment("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    };
    if let Some(token) = token {
        let value = secret_value(&token, "authorization").map_err(failed)?;
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let bytes = ask(client, request, OF_CONTAINER).await?;
    found(&bytes, OF_CONTAINER).map(Some)
}

/// Whether a token may be sent there: over TLS, or to this machine.
fn may_be_told(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or("");
    let loopback = matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
    uri.scheme_str() == Some("https") || loopback || CONTAINER_HOSTS.contains(&host)
}

/// The machine's service about itself, with the token that it wants to see.
struct Machine<'a> {
    client: &'a Client,
    base: String,
    token: String,
}

impl<'a> Machine<'a> {
    async fn open(client: &'a Client, environment: &Environment) -> Result<Self, AwsError> {
        if environment("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"))
        {
            return Err(AwsError::None(
                "AWS_EC2_METADATA_DISABLED is set".to_owned(),
            ));
        }
        let base = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        let base = base.unwrap_or_else(|| INSTANCE.to_owned());
        let base = base.trim_end_matches('/').to_owned();
        let mut wish = request(Method::PUT, parsed(&format!("{base}/latest/api/token"))?);
        wish.headers_mut().insert(
            HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds"),
            HeaderValue::from_static("300"),
        );
        let token = match ask(client, wish, OF_INSTANCE).await {
            Ok(token) => token,
            // Most likely this is no machine of AWS: whoever reads that wants to know what is
            // missing.
            Err(AwsError::Http { error, .. }) => return Err(AwsError::None(error.to_string())),
            Err(other) => return Err(other),
        };
        let token = String::from_utf8_lossy(&token).into_owned();
        Ok(Self {
            client,
            base,
            token,
        })
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>, AwsError> {
        let url = format!("{}/latest/meta-data/{path}", self.base);
        let mut request = request(Method::GET, parsed(&url)?);
        let value = secret_value(&self.token, "x-aws-ec2-metadata-token").map_err(|error| {
            let whom = OF_INSTANCE;
            AwsError::Http { whom, error }
        })?;
        let name = HeaderName::from_static("x-aws-ec2-metadata-token");
        request.headers_mut().insert(name, value);
        ask(self.client, request, OF_INSTANCE).await
    }
}

/// The keys of the machine's role.
pub(super) async fn of_instance(
    client: &Client,
    environment: &Environment,
) -> Result<Found, AwsError> {
    const ROLES: &str = "iam/security-credentials/";
    let machine = Machine::open(client, environment).await?;
    let role = machine.get(ROLES).await?;
    let role = String::from_utf8_lossy(&role);
    let role = role.lines().next().unwrap_or("").trim();
    found(&machine.get(&format!("{ROLES}{role}")).await?, OF_INSTANCE)
}

/// The region that the machine stands in.
pub(super) async fn region(client: &Client, environment: &Environment) -> Result<String, AwsError> {
    let machine = Machine::open(client, environment).await?;
    let region = machine.get("placement/region").await?;
    Ok(String::from_utf8_lossy(&region).trim().to_owned())
}

fn parsed(url: &str) -> Result<Uri, AwsError> {
    let uri: Option<Uri> = url.parse().ok();
    uri.filter(|uri| uri.authority().is_some())
        .ok_or_else(|| AwsError::Url(url.to_owned()))
}

fn request(method: Method, uri: Uri) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    request
}

fn secret_value(text: &str, name: &str) -> Result<HeaderValue, HttpError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| HttpError::Header(name.to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn ask(
    client: &Client,
    request: Request<Bytes>,
    whom: &'static str,
) -> Result<Vec<u8>, AwsError> {
    let answered = within(PATIENCE, async {
        let response = client.send(request).await?;
        let status = response.status();
        Ok((status, response.bytes(MAX_ANSWER).await?))
    })
    .await;
    let (status, bytes) = answered.map_err(|error| AwsError::Http { whom, error })?;
    if status.is_success() {
        return Ok(bytes);
    }
    Err(AwsError::Refused {
        whom,
        status,
        message: String::new(),
    })
}
