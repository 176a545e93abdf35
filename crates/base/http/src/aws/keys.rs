//! Who signs: keys of the configuration, of the environment, of the shared file, or of the role
//! that a pod, a container or the machine itself has; and the role that these take on.

use config::{HttpConfig, SigV4};
use jiff::{Timestamp, ToSpan};
use tokio::sync::Mutex;

use super::{AwsError, Credentials, Environment, local, machine, role};
use crate::Client;

/// Keys that end are asked for anew so long before.
const MINUTES_BEFORE_THE_END: i64 = 5;

/// Keys, and when they end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) credentials: Credentials,
    /// Those of files and of the environment are read anew at every use.
    pub(super) ends: Option<Timestamp>,
}

impl Found {
    pub(super) fn lasting(credentials: Credentials) -> Self {
        let ends = None;
        Self { credentials, ends }
    }
}

/// The keys of a `sigv4` section.
pub struct Keys {
    login: SigV4,
    environment: Environment,
    held: Mutex<Option<(Credentials, Timestamp)>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let region = &self.login.region;
        f.debug_struct("Keys")
            .field("region", region)
            .finish_non_exhaustive()
    }
}

impl Keys {
    /// The keys of a section, with the environment of the process. Nothing is asked yet.
    pub fn new(login: SigV4) -> Self {
        Self::within(login, |name| std::env::var(name).ok())
    }

    /// The same with another environment.
    pub fn within(
        login: SigV4,
        environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            login,
            environment: Box::new(move |name| environment(name).filter(|value| !value.is_empty())),
            held: Mutex::new(None),
        }
    }

    /// The region that is signed for: the section's, else the environment's.
    pub fn region(&self) -> String {
        let variable = |name| (self.environment)(name);
        Some(self.login.region.clone())
            .filter(|region| !region.is_empty())
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"))
            .unwrap_or_default()
    }

    /// The region, of the machine where neither the section nor the environment names one.
    ///
    /// # Errors
    /// Where this is no machine of AWS.
    pub async fn find_region(&self) -> Result<String, AwsError> {
        match self.region() {
            found if found.is_empty() => machine::region(&near()?, &self.environment).await,
            found => Ok(found),
        }
    }

    /// The keys as of now. `far` asks the service that gives roles away.
    ///
    /// # Errors
    /// Where there are none, or whoever has them does not give them.
    pub async fn get(&self, far: &Client) -> Result<Credentials, AwsError> {
        let mut held = self.held.lock().await;
        let soon = Timestamp::now()
            .checked_add(MINUTES_BEFORE_THE_END.minutes())
            .unwrap_or(Timestamp::MAX);
        if let Some((credentials, ends)) = held.as_ref()
            && *ends > soon
        {
            return Ok(credentials.clone());
        }
        let mut found = self.own(far).await?;
        if !self.login.role_arn.is_empty() {
            let region = self.region();
            let taker = role::Taker {
                client: far,
                environment: &self.environment,
                region: &region,
            };
            found = taker.take_on(&self.login, &found.credentials).await?;
        }
        *held = found.ends.map(|ends| (found.credentials.clone(), ends));
        Ok(found.credentials)
    }

    /// The keys before any role is taken on.
    async fn own(&self, far: &Client) -> Result<Found, AwsError> {
        if !self.login.access_key.is_empty() {
            return Ok(Found::lasting(Credentials {
                access_key: self.login.access_key.clone(),
                secret_key: self.login.secret_key.expose().to_owned(),
                session_token: None,
            }));
        }
        let environment = &self.environment;
        if self.login.profile.is_empty() {
            if let Some(found) = local::of_environment(environment) {
                return Ok(Found::lasting(found));
            }
            let region = self.region();
            let taker = role::Taker {
                client: far,
                environment,
                region: &region,
            };
            if let Some(found) = taker.of_token().await? {
                return Ok(found);
            }
        }
        if let Some(found) = local::of_file(environment, &self.login.profile)? {
            return Ok(Found::lasting(found));
        }
        let near = near()?;
        if let Some(found) = machine::of_container(&near, environment).await? {
            return Ok(found);
        }
        machine::of_instance(&near, environment).await
    }
}

/// The machine and its neighbours are asked without the proxies of the section.
fn near() -> Result<Client, AwsError> {
    Client::new(&HttpConfig::default()).map_err(|error| AwsError::Http {
        whom: "asking this machine",
        error,
    })
}
