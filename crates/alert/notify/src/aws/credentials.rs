//! Who signs: keys of the configuration, of the environment, of the shared file, or of a role.

use std::path::PathBuf;

use config::SecretSource;
use config::alertmanager::SigV4;
use contract::NotifyError;
use form_urlencoded::Serializer;
use jiff::Timestamp;
use url::Url;

use super::{Signing, sign};
use crate::error::{lasting, while_doing};
use crate::secret;
use crate::web::{Asked, Web};

/// Keys to sign with.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) session_token: Option<String>,
}

/// The keys that the configuration gives, else those of the environment, else those of a profile
/// of the shared file.
pub(crate) fn static_or_shared(config: &SigV4) -> Result<Credentials, NotifyError> {
    if !config.access_key.is_empty() {
        return Ok(Credentials {
            access_key: config.access_key.clone(),
            secret_key: config.secret_key.expose().to_owned(),
            session_token: None,
        });
    }
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if config.profile.is_empty()
        && let (Some(access_key), Some(secret_key)) = (
            variable("AWS_ACCESS_KEY_ID"),
            variable("AWS_SECRET_ACCESS_KEY"),
        )
    {
        return Ok(Credentials {
            access_key,
            secret_key,
            session_token: variable("AWS_SESSION_TOKEN"),
        });
    }
    let path = variable("AWS_SHARED_CREDENTIALS_FILE")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".aws/credentials")))
        .ok_or_else(|| lasting("no AWS credentials: give sigv4.access_key and sigv4.secret_key"))?;
    let profile = Some(config.profile.clone())
        .filter(|profile| !profile.is_empty())
        .or_else(|| variable("AWS_PROFILE"))
        .unwrap_or_else(|| "default".to_owned());
    let text = secret::read(&SecretSource::File(path.clone()), "shared credentials file").map_err(
        while_doing("no AWS credentials in sigv4 or the environment"),
    )?;
    of_profile(&text, &profile).ok_or_else(|| {
        lasting(format!(
            "{}: profile {profile:?} has no aws_access_key_id and aws_secret_access_key",
            path.display()
        ))
    })
}

/// The keys of one profile of a shared credentials file.
fn of_profile(text: &str, profile: &str) -> Option<Credentials> {
    let mut within = false;
    let (mut access_key, mut secret_key, mut session_token) = (None, None, None);
    for line in text.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            within = name.trim() == profile;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| within) {
            let value = Some(value.trim().to_owned());
            match key.trim() {
                "aws_access_key_id" => access_key = value,
                "aws_secret_access_key" => secret_key = value,
                "aws_session_token" => session_token = value,
                _ => {}
            }
        }
    }
    Some(Credentials {
        access_key: access_key?,
        secret_key: secret_key?,
        session_token,
    })
}

/// How long keys of a role are asked for, in seconds.
const ROLE_SECONDS: &str = "900";
const FORM: &str = "application/x-www-form-urlencoded";

/// The keys of a role that is taken on (STS, `AssumeRole`).
pub(crate) async fn role(
    web: &Web,
    config: &SigV4,
    own: &Credentials,
) -> Result<Credentials, NotifyError> {
    let url = Url::parse(&format!("https://sts.{}.amazonaws.com/", config.region))
        .map_err(|_| lasting(format!("region {:?} makes no URL", config.region)))?;
    let body = role_form(config).into_bytes();
    let answer = web
        .ask(signed(&url, body, &config.region, "sts", own))
        .await
        .map_err(while_doing("taking on the role"))?;
    let said = answer.text();
    let message = element(&said, "Message").unwrap_or_default();
    answer
        .check_with(&[], &message)
        .map_err(while_doing("taking on the role"))?;
    let part = |name: &str| element(&said, name);
    match (
        part("AccessKeyId"),
        part("SecretAccessKey"),
        part("SessionToken"),
    ) {
        (Some(access_key), Some(secret_key), Some(token)) => Ok(Credentials {
            access_key,
            secret_key,
            session_token: Some(token),
        }),
        _ => Err(lasting(
            "taking on the role: the answer holds no credentials",
        )),
    }
}

fn role_form(config: &SigV4) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", "AssumeRole")
        .append_pair("Version", "2011-06-15")
        .append_pair("RoleArn", &config.role_arn)
        .append_pair("RoleSessionName", "argand")
        .append_pair("DurationSeconds", ROLE_SECONDS);
    if !config.external_id.is_empty() {
        form.append_pair("ExternalId", &config.external_id);
    }
    form.finish()
}

/// A signed POST of a form.
pub(crate) fn signed(
    url: &Url,
    body: Vec<u8>,
    region: &str,
    service: &str,
    credentials: &Credentials,
) -> Asked {
    let signed = sign(
        &Signing {
            url,
            content_type: FORM,
            body: &body,
            region,
            service,
            now: Timestamp::now(),
        },
        credentials,
    );
    let asked = Asked::post(url.as_str(), FORM, body)
        .header(http::header::AUTHORIZATION, signed.authorization)
        .header(http::HeaderName::from_static("x-amz-date"), signed.date)
        .hiding(credentials.secret_key.as_str());
    match &credentials.session_token {
        None => asked,
        Some(token) => asked.header(
            http::HeaderName::from_static("x-amz-security-token"),
            token.as_str(),
        ),
    }
}

/// What the first element of a name holds, in an answer of AWS (XML).
pub(crate) fn element(xml: &str, name: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_profile() {
        let text = "[default]\naws_access_key_id = A\naws_secret_access_key=B\n\n[other]\n\
                    aws_access_key_id=C\naws_secret_access_key = D=\naws_session_token = E\n";
        let found = |profile: &str| {
            let keys = of_profile(text, profile)?;
            Some((keys.access_key, keys.secret_key, keys.session_token))
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(found("default"), Some((text("A"), text("B"), None)));
        assert_eq!(
            found("other"),
            Some((text("C"), text("D="), Some(text("E"))))
        );
        assert_eq!(found("none"), None);
    }
}
