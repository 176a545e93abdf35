//! The kinds that speak HTTP, one file each.

mod discord;
mod incidentio;
mod jira;
mod mattermost;
mod msteams;
mod msteamsv2;
mod opsgenie;
mod pagerduty;
mod pushover;
mod rocketchat;
mod slack;
mod sns;
mod telegram;
mod victorops;
mod webex;
mod webhook;
mod wechat;

pub(crate) use discord::Discord;
pub(crate) use incidentio::Incidentio;
pub(crate) use jira::Jira;
pub(crate) use mattermost::Mattermost;
pub(crate) use msteams::MsTeams;
pub(crate) use msteamsv2::MsTeamsV2;
pub(crate) use opsgenie::OpsGenie;
pub(crate) use pagerduty::PagerDuty;
pub(crate) use pushover::Pushover;
pub(crate) use rocketchat::Rocketchat;
pub(crate) use slack::Slack;
pub(crate) use sns::Sns;
pub(crate) use telegram::Telegram;
pub(crate) use victorops::VictorOps;
pub(crate) use webex::Webex;
pub(crate) use webhook::Webhook;
pub(crate) use wechat::Wechat;

/// The status of one whom too much is asked.
const TOO_MANY_REQUESTS: u16 = 429;
