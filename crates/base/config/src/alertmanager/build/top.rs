//! The file as a whole, and each receiver.

use std::collections::HashSet;
use std::path::PathBuf;

use super::super::{AlertmanagerConfig, Global, Receiver, Route, TimeInterval};
use super::{chat, incident, mail, message, route, text, text_map, time};
use crate::error::Fault;
use crate::table::Table;

/// Sections whose machinery is not active yet.
const INACTIVE: [&str; 2] = ["tracing", "event_recorder"];

/// Puts together what was read, completed and checked.
pub(in crate::alertmanager) fn build(
    config: &Table,
    redacted: String,
) -> Result<AlertmanagerConfig, Fault> {
    let receivers = receivers(config)?;
    let Some(root) = config.table("route") else {
        return Err(config.fault("route", "no route provided in config"));
    };
    check_root(root)?;
    let time_intervals = time_intervals(config)?;
    let known = Known {
        receivers: receivers.iter().map(|r| r.name.as_str()).collect(),
        intervals: time_intervals.iter().map(|t| t.name.as_str()).collect(),
    };
    known.check(root)?;
    let route: Route = route::tree(root)?;
    let inhibit_rules = config
        .tables("inhibit_rules")
        .map(route::inhibit_rule)
        .collect::<Result<_, Fault>>()?;
    Ok(AlertmanagerConfig {
        global: Global {
            resolve_timeout: config
                .table("global")
                .map(|global| global.duration("resolve_timeout"))
                .unwrap_or_default(),
        },
        route,
        inhibit_rules,
        templates: config
            .texts("templates")
            .into_iter()
            .map(PathBuf::from)
            .collect(),
        inactive: INACTIVE
            .iter()
            .filter(|key| config.has(key))
            .map(|key| (*key).to_owned())
            .collect(),
        receivers,
        time_intervals,
        redacted,
    })
}

/// The root is where alerts go that nothing else matches.
fn check_root(root: &Table) -> Result<(), Fault> {
    if !root.has("receiver") {
        return Err(root.fault("receiver", "root route must specify a default receiver"));
    }
    for key in ["match", "match_re", "matchers"] {
        if root.has(key) {
            return Err(root.fault(key, "root route must not have any matchers"));
        }
    }
    if root.has("mute_time_intervals") {
        return Err(root.fault(
            "mute_time_intervals",
            "root route must not have any mute time intervals",
        ));
    }
    if root.has("active_time_intervals") {
        return Err(root.fault(
            "active_time_intervals",
            "root route must not have any active time intervals",
        ));
    }
    if root.bool("continue") {
        return Err(root.fault("continue", "cannot have continue in root route"));
    }
    Ok(())
}

/// The names that routes may use.
struct Known<'a> {
    receivers: HashSet<&'a str>,
    intervals: HashSet<&'a str>,
}

impl Known<'_> {
    fn check(&self, route: &Table) -> Result<(), Fault> {
        let receiver = route.text("receiver");
        if !receiver.is_empty() && !self.receivers.contains(receiver) {
            return Err(route.fault(
                "receiver",
                format!("undefined receiver {receiver:?} used in route"),
            ));
        }
        for key in ["active_time_intervals", "mute_time_intervals"] {
            for item in route.list(key) {
                if !self.intervals.contains(item.text()) {
                    let mut fault = route.fault(
                        key,
                        format!("undefined time interval {:?} used in route", item.text()),
                    );
                    fault.at = item.at;
                    return Err(fault);
                }
            }
        }
        route
            .tables("routes")
            .try_for_each(|child| self.check(child))
    }
}

fn time_intervals(config: &Table) -> Result<Vec<TimeInterval>, Fault> {
    let mut names = HashSet::new();
    let mut intervals = Vec::new();
    for (key, what) in [
        ("mute_time_intervals", "mute time interval"),
        ("time_intervals", "time interval"),
    ] {
        for table in config.tables(key) {
            let name = table.text("name");
            if !names.insert(name) {
                return Err(table.fault("name", format!("{what} {name:?} is not unique")));
            }
            intervals.push(time::interval(table)?);
        }
    }
    Ok(intervals)
}

fn receivers(config: &Table) -> Result<Vec<Receiver>, Fault> {
    let mut names = HashSet::new();
    let mut receivers = Vec::new();
    for table in config.tables("receivers") {
        let name = table.text("name");
        if !names.insert(name) {
            return Err(table.fault(
                "name",
                format!("notification config name {name:?} is not unique"),
            ));
        }
        receivers.push(receiver(table)?);
    }
    Ok(receivers)
}

fn receiver(table: &Table) -> Result<Receiver, Fault> {
    fn all<T>(
        table: &Table,
        key: &str,
        one: fn(&Table) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        table.tables(key).map(one).collect()
    }
    let mut labels = text_map(table, "labels");
    labels.insert("name".to_owned(), text(table, "name"));
    Ok(Receiver {
        name: text(table, "name"),
        labels,
        webhook: all(table, "webhook_configs", mail::webhook)?,
        email: all(table, "email_configs", mail::email)?,
        pagerduty: all(table, "pagerduty_configs", incident::pagerduty)?,
        opsgenie: all(table, "opsgenie_configs", incident::opsgenie)?,
        wechat: all(table, "wechat_configs", message::wechat)?,
        slack: all(table, "slack_configs", chat::slack)?,
        victorops: all(table, "victorops_configs", incident::victorops)?,
        pushover: all(table, "pushover_configs", message::pushover)?,
        sns: all(table, "sns_configs", message::sns)?,
        telegram: all(table, "telegram_configs", message::telegram)?,
        discord: all(table, "discord_configs", chat::discord)?,
        webex: all(table, "webex_configs", message::webex)?,
        msteams: all(table, "msteams_configs", chat::msteams)?,
        msteamsv2: all(table, "msteamsv2_configs", chat::msteamsv2)?,
        jira: all(table, "jira_configs", incident::jira)?,
        incidentio: all(table, "incidentio_configs", incident::incidentio)?,
        rocketchat: all(table, "rocketchat_configs", chat::rocketchat)?,
        mattermost: all(table, "mattermost_configs", chat::mattermost)?,
    })
}
