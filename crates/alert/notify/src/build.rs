//! From a receiver's configuration to its integrations.

use std::sync::Arc;

use config::HttpConfig;
use config::alertmanager::Receiver;
use contract::Notify;
use http_client::HttpError;
use template::alertmanager::Templates;

use crate::integration::{Integration, Kind};
use crate::kinds::{
    Discord, Incidentio, Jira, Mattermost, MsTeams, MsTeamsV2, OpsGenie, PagerDuty, Pushover,
    Rocketchat, Slack, Sns, Telegram, VictorOps, Webex, Webhook, Wechat,
};
use crate::mail::Email;
use crate::told::Texts;
use crate::web::Web;

/// A receiver that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("receiver {receiver:?}: {kind}[{index}]: {cause}")]
pub struct BuildError {
    /// The receiver's name.
    pub receiver: String,
    /// The kind of integration, such as `slack`.
    pub kind: &'static str,
    /// Which of its kind, from 0.
    pub index: usize,
    /// What is wrong with its settings.
    pub cause: HttpError,
}

/// Makes the integrations of a receiver, in the order in which upstream numbers and tells them.
/// `external_url` is where people reach this server.
pub fn build(
    receiver: &Receiver,
    templates: &Templates,
    external_url: &str,
) -> Result<Vec<Arc<dyn Notify>>, BuildError> {
    let mut all = Assembly {
        receiver: &receiver.name,
        texts: Arc::new(Texts {
            templates: templates.clone(),
            external_url: external_url.to_owned(),
        }),
        integrations: Vec::new(),
    };
    all.web(&receiver.webhook, |c| &c.http, Webhook::new)?;
    all.add(&receiver.email, Email::new)?;
    all.web(&receiver.pagerduty, |c| &c.http, PagerDuty::new)?;
    all.web(&receiver.opsgenie, |c| &c.http, OpsGenie::new)?;
    all.web(&receiver.wechat, |c| &c.http, Wechat::new)?;
    all.web(&receiver.slack, |c| &c.http, Slack::new)?;
    all.web(&receiver.victorops, |c| &c.http, VictorOps::new)?;
    all.web(&receiver.pushover, |c| &c.http, Pushover::new)?;
    all.web(&receiver.sns, |c| &c.http, Sns::new)?;
    all.web(&receiver.telegram, |c| &c.http, Telegram::new)?;
    all.web(&receiver.discord, |c| &c.http, Discord::new)?;
    all.web(&receiver.webex, |c| &c.http, Webex::new)?;
    all.web(&receiver.msteams, |c| &c.http, MsTeams::new)?;
    all.web(&receiver.msteamsv2, |c| &c.http, MsTeamsV2::new)?;
    all.web(&receiver.jira, |c| &c.http, Jira::new)?;
    all.web(&receiver.incidentio, |c| &c.http, Incidentio::new)?;
    all.web(&receiver.rocketchat, |c| &c.http, Rocketchat::new)?;
    all.web(&receiver.mattermost, |c| &c.http, Mattermost::new)?;
    Ok(all.integrations)
}

/// The integrations so far.
struct Assembly<'a> {
    receiver: &'a str,
    texts: Arc<Texts>,
    integrations: Vec<Arc<dyn Notify>>,
}

impl Assembly<'_> {
    /// Adds integrations of one kind.
    fn add<C: Clone, K: Kind>(
        &mut self,
        configs: &[C],
        make: impl Fn(C) -> Result<K, HttpError>,
    ) -> Result<(), BuildError> {
        for (index, config) in configs.iter().enumerate() {
            let kind = make(config.clone()).map_err(|cause| BuildError {
                receiver: self.receiver.to_owned(),
                kind: K::NAME,
                index,
                cause,
            })?;
            self.integrations.push(Arc::new(Integration {
                kind,
                index,
                texts: Arc::clone(&self.texts),
            }));
        }
        Ok(())
    }

    /// Adds integrations of a kind that speaks HTTP.
    fn web<C: Clone, K: Kind>(
        &mut self,
        configs: &[C],
        http: fn(&C) -> &HttpConfig,
        make: fn(C, Web) -> K,
    ) -> Result<(), BuildError> {
        self.add(configs, |config| {
            let web = Web::new(http(&config))?;
            Ok(make(config, web))
        })
    }
}
