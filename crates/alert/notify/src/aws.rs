//! Requests to AWS: signed, with keys from wherever this machine has them.

use contract::NotifyError;
use http_client::aws::{AwsError, Keys, Signing};
use jiff::Timestamp;
use url::Url;

use crate::error::{lasting, passing};
use crate::web::{Asked, Web};

const FORM: &str = "application/x-www-form-urlencoded";

/// A signed POST of a form.
pub(crate) async fn signed(
    web: &Web,
    keys: &Keys,
    url: &Url,
    service: &str,
    body: Vec<u8>,
) -> Result<Asked, NotifyError> {
    let credentials = keys.get(web.client()).await.map_err(refused)?;
    let region = keys.region();
    let signing = Signing {
        region: &region,
        service,
        now: Timestamp::now(),
    };
    let signed = signing.signed("POST", url, FORM, &body, &credentials);
    let asked = Asked::post(url.as_str(), FORM, body)
        .header(http::header::AUTHORIZATION, signed.authorization)
        .header(http::HeaderName::from_static("x-amz-date"), signed.date)
        .hiding(credentials.secret_key);
    Ok(match credentials.session_token {
        None => asked,
        Some(token) => {
            let name = http::HeaderName::from_static("x-amz-security-token");
            asked.header(name, token)
        }
    })
}

fn refused(error: AwsError) -> NotifyError {
    if error.may_pass() {
        passing(error)
    } else {
        lasting(error)
    }
}
