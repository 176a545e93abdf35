//! Tokens for Azure's management: an application's, the machine's, or what the environment says.
//!
//! Formats: <https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow>
//! and <https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use config::{AzureDiscovery, AzureLogin, Secret, SecretSource};
use form_urlencoded::Serializer;
use http::Request;
use http::header::HeaderValue;

use crate::ask::{AskError, Server, get, post, set_secret, with_parameters};
use crate::fields::text;

const FORM: &str = "application/x-www-form-urlencoded";
/// Where a machine asks about itself.
const MACHINE: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
/// A token is asked for anew so long before it ends.
const EARLY: Duration = Duration::from_secs(120);

/// One of the clouds by that name.
pub(in crate::sources) struct Cloud {
    /// Who gives tokens away.
    pub(in crate::sources) login: String,
    /// Who manages resources.
    pub(in crate::sources) manager: String,
}

impl Cloud {
    /// The cloud of a configured name; the public one where the name is not known.
    pub(super) fn named(name: &str) -> Self {
        let (login, manager) = match name.to_ascii_uppercase().as_str() {
            "AZURECHINACLOUD" | "AZURECHINA" => (
                "https://login.chinacloudapi.cn",
                "https://management.chinacloudapi.cn",
            ),
            "AZUREUSGOVERNMENTCLOUD" | "AZUREUSGOVERNMENT" | "AZUREGOVERNMENT" => (
                "https://login.microsoftonline.us",
                "https://management.usgovcloudapi.net",
            ),
            _ => (
                "https://login.microsoftonline.com",
                "https://management.azure.com",
            ),
        };
        Self {
            login: login.to_owned(),
            manager: manager.to_owned(),
        }
    }
}

/// Who asks.
enum Who {
    /// An application with a secret.
    Secret {
        url: String,
        client: String,
        secret: Secret,
    },
    /// An application with a token of the platform that it runs on.
    Federated {
        url: String,
        client: String,
        file: PathBuf,
    },
    /// The machine, or the service that it runs in.
    Machine {
        client: String,
        url: String,
        header: Option<Secret>,
    },
}

/// Where tokens come from, and the one that is held.
pub(super) struct Tokens {
    who: Who,
    /// What tokens are for.
    resource: String,
    held: Option<(String, Instant)>,
}

impl Tokens {
    pub(super) fn new(
        config: &AzureDiscovery,
        cloud: &Cloud,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
        let authority = variable("AZURE_AUTHORITY_HOST").unwrap_or_else(|| cloud.login.clone());
        let authority = authority.trim_end_matches('/');
        let url = |tenant: &str| format!("{authority}/{tenant}/oauth2/v2.0/token");
        let machine = |client: String| Who::Machine {
            client,
            url: variable("IDENTITY_ENDPOINT").unwrap_or_else(|| MACHINE.to_owned()),
            header: variable("IDENTITY_HEADER").map(Secret::new),
        };
        let who = match &config.login {
            AzureLogin::OAuth { client, secret } => Who::Secret {
                url: url(&config.tenant),
                client: client.clone(),
                secret: secret.clone(),
            },
            AzureLogin::ManagedIdentity { client } => machine(client.clone()),
            AzureLogin::Environment => {
                let own = |configured: &str, name| match configured {
                    "" => variable(name).unwrap_or_default(),
                    given => given.to_owned(),
                };
                let url = url(&own(&config.tenant, "AZURE_TENANT_ID"));
                let client = variable("AZURE_CLIENT_ID").unwrap_or_default();
                let secret = variable("AZURE_CLIENT_SECRET").map(Secret::new);
                match (secret, variable("AZURE_FEDERATED_TOKEN_FILE")) {
                    (Some(secret), _) => Who::Secret {
                        url,
                        client,
                        secret,
                    },
                    (None, Some(file)) => Who::Federated {
                        url,
                        client,
                        file: file.into(),
                    },
                    (None, None) => machine(client),
                }
            }
        };
        Self {
            who,
            resource: format!("{}/", cloud.manager),
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
            let answer = server.json(self.request()?).await?;
            let token = text(&answer, "/access_token").into_owned();
            // Some write the number as a text.
            let seconds = text(&answer, "/expires_in").parse().unwrap_or(0);
            self.held = Some((token, Instant::now() + Duration::from_secs(seconds)));
        }
        match &self.held {
            Some((token, _)) if !token.is_empty() => Ok(token),
            _ => Err(AskError::Other("Azure's answer holds no token".to_owned())),
        }
    }

    fn request(&self) -> Result<Request<Bytes>, AskError> {
        let scope = format!("{}.default", self.resource);
        let form = |client: &str, proof: &[(&str, &str)]| {
            Serializer::new(String::new())
                .append_pair("grant_type", "client_credentials")
                .append_pair("client_id", client)
                .append_pair("scope", &scope)
                .extend_pairs(proof)
                .finish()
        };
        match &self.who {
            Who::Secret {
                url,
                client,
                secret,
            } => post(
                url,
                FORM,
                form(client, &[("client_secret", secret.expose())]),
            ),
            Who::Federated { url, client, file } => {
                let source = SecretSource::File(file.clone());
                let token = http_client::read_secret(&source, "federated token file");
                let token = token.map_err(|error| AskError::Other(error.to_string()))?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let proof = [
                    ("client_assertion_type", kind),
                    ("client_assertion", &token),
                ];
                post(url, FORM, form(client, &proof))
            }
            Who::Machine {
                client,
                url,
                header,
            } => {
                let version = if header.is_some() {
                    "2019-08-01"
                } else {
                    "2018-02-01"
                };
                let parameters = [
                    ("api-version", version),
                    ("resource", &self.resource),
                    ("client_id", client),
                ];
                let mut request = get(&with_parameters(url, &parameters))?;
                match header {
                    Some(header) => {
                        set_secret(&mut request, "x-identity-header", header.expose())?;
                    }
                    None => {
                        let yes = HeaderValue::from_static("true");
                        request.headers_mut().insert("metadata", yes);
                    }
                }
                Ok(request)
            }
        }
    }
}
