//! Requests to an API server.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_client::{Client, HttpError, Response, within};
use serde::Deserialize;

use crate::{Access, KubernetesError};

/// Objects that one page of a list asks for: with pods of ten kilobytes, a page of five megabytes.
const PAGE: usize = 500;
/// Largest page in bytes.
const MAX_PAGE_BYTES: u64 = 256 << 20;
/// Largest answer that says why a request was refused.
const MAX_REFUSAL_BYTES: u64 = 64 << 10;
/// Until a page has come as a whole, or a watch has begun.
const TIMEOUT: Duration = Duration::from_secs(60);

const AGENT: &str = concat!("Argand/", env!("CARGO_PKG_VERSION"));

/// A kind of objects on a server, in all namespaces or one, all or some of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// In metrics: the kind in one word, such as `pod`.
    pub role: &'static str,
    /// Group and version: `api/v1`, or `apis/` with a group.
    pub group: &'static str,
    /// The kind as paths have it, such as `pods`.
    pub plural: &'static str,
    /// Only of this namespace; `None` for all, and for kinds without one.
    pub namespace: Option<String>,
    /// `labelSelector`; empty for all.
    pub label: String,
    /// `fieldSelector`; empty for all.
    pub field: String,
}

impl Resource {
    /// All objects of a kind.
    pub fn all(role: &'static str, group: &'static str, plural: &'static str) -> Self {
        Self {
            role,
            group,
            plural,
            namespace: None,
            label: String::new(),
            field: String::new(),
        }
    }

    /// The same of one namespace only, where one is given.
    #[must_use]
    pub fn within(mut self, namespace: Option<&str>) -> Self {
        self.namespace = namespace.map(ToOwned::to_owned);
        self
    }

    /// The path and the conditions, each behind a `?` or a `&`.
    fn query(&self, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("labelSelector", self.label.as_str()),
            ("fieldSelector", self.field.as_str()),
        ]
        .iter()
        .chain(more)
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("{}?{}", self.path(), query.finish())
    }

    /// Where the server has it, such as `/api/v1/namespaces/a/pods`.
    pub fn path(&self) -> String {
        let Self { group, plural, .. } = self;
        match &self.namespace {
            Some(namespace) => format!("/{group}/namespaces/{namespace}/{plural}"),
            None => format!("/{group}/{plural}"),
        }
    }
}

/// A server that is asked with someone's credentials.
pub struct Api {
    server: String,
    client: Client,
}

/// What a server answers instead of objects.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub(crate) code: u16,
    pub(crate) message: String,
}

impl From<Status> for KubernetesError {
    fn from(status: Status) -> Self {
        Self::Refused {
            code: status.code,
            message: status.message,
        }
    }
}

impl Api {
    pub(crate) fn new(access: &Access) -> Result<Self, KubernetesError> {
        Ok(Self {
            server: access.server.trim_end_matches('/').to_owned(),
            client: Client::new(&access.http)?,
        })
    }

    /// The server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// One page of a list, as JSON; `from` is what the page before said to go on with.
    pub(crate) async fn page(
        &self,
        resource: &Resource,
        from: &str,
    ) -> Result<Vec<u8>, KubernetesError> {
        let limit = PAGE.to_string();
        let query = resource.query(&[("limit", &limit), ("continue", from)]);
        let work = async {
            let response = self.ask(Method::GET, &query, Bytes::new()).await?;
            Ok(response.bytes(MAX_PAGE_BYTES).await)
        };
        Ok(timed(work).await??)
    }

    /// Begins to watch. The server ends the watch after `length`.
    pub(crate) async fn watch(
        &self,
        resource: &Resource,
        version: &str,
        length: Duration,
    ) -> Result<Response, KubernetesError> {
        let seconds = length.as_secs().to_string();
        let query = resource.query(&[
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", version),
            ("timeoutSeconds", &seconds),
        ]);
        timed(self.ask(Method::GET, &query, Bytes::new())).await
    }

    /// Makes an object; `path` is where the server keeps its kind.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn create(&self, path: &str, object: String) -> Result<(), KubernetesError> {
        timed(self.ask(Method::POST, path, object.into())).await?;
        Ok(())
    }

    async fn ask(
        &self,
        method: Method,
        query: &str,
        body: Bytes,
    ) -> Result<Response, KubernetesError> {
        let url = format!("{}{query}", self.server);
        let uri = url.parse().map_err(|_| HttpError::Url {
            url: url.clone(),
            cause: "it cannot be parsed".to_owned(),
        })?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let response = self.client.send(request).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let said = response.bytes(MAX_REFUSAL_BYTES).await.unwrap_or_default();
        let said: Status = serde_json::from_slice(&said).unwrap_or_default();
        Err(KubernetesError::Refused {
            code: status.as_u16(),
            message: match said.message.as_str() {
                "" => format!("the server refused {}", self.server.clone() + query),
                message => message.to_owned(),
            },
        })
    }
}

/// Puts a request inside its time.
async fn timed<T>(
    work: impl Future<Output = Result<T, KubernetesError>>,
) -> Result<T, KubernetesError> {
    within(TIMEOUT, async { Ok(work.await) }).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api() {
        let check = |resource: Resource, more: &[(&str, &str)], wanted: &str| {
            assert_eq!(resource.query(more), wanted);
        };
        let pods = Resource::all("pod", "api/v1", "pods");
        check(pods.clone(), &[("limit", "5")], "/api/v1/pods?limit=5");
        let mut some = pods.within(Some("shop"));
        some.label = "app in (a,b)".to_owned();
        some.field = "spec.nodeName=n".to_owned();
        check(
            some,
            &[("continue", "")],
            "/api/v1/namespaces/shop/pods?labelSelector=app+in+%28a%2Cb%29&fieldSelector=spec.nodeName%3Dn",
        );
    }
}
