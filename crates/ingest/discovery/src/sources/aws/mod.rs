//! `ec2_sd_configs`, `ecs_sd_configs` and `lightsail_sd_configs`: what runs at AWS.
//!
//! In come signed answers of the services' APIs, out go targets. Absent: the SDK's retries, for
//! the next refresh asks again.

mod ec2;
mod ecs;
mod lightsail;

use bytes::Bytes;
use config::AwsDiscovery;
use http::header::HeaderValue;
use http::{HeaderName, Request};
use http_client::aws::{Keys, Signing};
use jiff::Timestamp;
use serde_json::Value;

pub(crate) use ec2::Ec2Source;
pub(crate) use ecs::EcsSource;
pub(crate) use lightsail::LightsailSource;

use crate::ask::{Answer, AskError, Server, post};
use crate::xml;

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const AMZ_JSON: &str = "application/x-amz-json-1.1";
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// The version of EC2's API.
const EC2_VERSION: &str = "2016-11-15";
/// How tags are told: the key, the value.
const TAG: (&str, &str) = ("/key", "/value");

/// A service of AWS as a section describes it.
struct Service {
    /// Its name in signatures and hosts.
    name: &'static str,
    /// Where it is asked; empty for the region's.
    endpoint: String,
}

impl Service {
    /// The service where a section says, or else the environment.
    fn new(name: &'static str, endpoint: &str) -> Self {
        let variables = [
            format!("AWS_ENDPOINT_URL_{}", name.to_ascii_uppercase()),
            "AWS_ENDPOINT_URL".to_owned(),
        ];
        let of_environment = || variables.iter().find_map(|name| std::env::var(name).ok());
        let endpoint = match endpoint {
            "" => of_environment().unwrap_or_default(),
            given => given.to_owned(),
        };
        Self { name, endpoint }
    }

    fn url(&self, region: &str) -> String {
        if self.endpoint.is_empty() {
            let end = if region.starts_with("cn-") { ".cn" } else { "" };
            return format!("https://{}.{region}.amazonaws.com{end}/", self.name);
        }
        format!("{}/", self.endpoint.trim_end_matches('/'))
    }
}

/// Who asks.
struct Aws {
    server: Server,
    keys: Keys,
    region: String,
}

impl Aws {
    fn new(config: &AwsDiscovery) -> Self {
        let keys = Keys::new(config.login.clone());
        Self {
            server: Server::new(&config.asking),
            region: keys.region(),
            keys,
        }
    }

    /// Finds the region, where that has not been done.
    async fn find_region(&mut self) -> Result<(), AskError> {
        if self.region.is_empty() {
            let found = self.keys.find_region().await;
            self.region = found.map_err(|error| {
                AskError::Other(format!(
                    "no region: give one in the section or in AWS_REGION ({error})"
                ))
            })?;
        }
        Ok(())
    }

    /// Signs and sends.
    async fn ask(
        &self,
        service: &Service,
        mut request: Request<Bytes>,
    ) -> Result<Answer, AskError> {
        let credentials = self.keys.get(self.server.client()?).await?;
        let signing = Signing {
            region: &self.region,
            service: service.name,
            now: Timestamp::now(),
        };
        signing.sign(&mut request, &credentials)?;
        self.server.ask(request).await?.good()
    }

    /// An action of EC2's API, whose answers are XML.
    async fn ec2(
        &self,
        service: &Service,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<Value, AskError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("Action", action), ("Version", EC2_VERSION)])
            .extend_pairs(parameters)
            .finish();
        let request = post(&service.url(&self.region), FORM, form)?;
        let answer = self.ask(service, request).await?;
        let tree = xml::parse(answer.text()?).map_err(|error| answer.wrong(error.to_string()))?;
        Ok(tree.value())
    }

    /// An action of the APIs whose answers are JSON.
    async fn json(
        &self,
        service: &Service,
        action: &'static str,
        body: &Value,
    ) -> Result<Value, AskError> {
        let url = service.url(&self.region);
        let mut request = post(&url, AMZ_JSON, body.to_string())?;
        let action = HeaderValue::from_static(action);
        request.headers_mut().insert(TARGET, action);
        self.ask(service, request).await?.json()
    }
}

/// Parameters of a list, as EC2's API takes them: `Name.1`, `Name.2` and so on.
fn numbered<T: AsRef<str>>(name: &str, values: &[T]) -> Vec<(String, String)> {
    let values = values.iter().enumerate();
    values
        .map(|(index, value)| (format!("{name}.{}", index + 1), value.as_ref().to_owned()))
        .collect()
}
