//! Answers as amtool shows them: a table for reading, a wider one, or JSON.

use std::io::Write;
use std::net::IpAddr;

use anyhow::Result;
use clap::ValueEnum;
use model::name::{is_legacy_label, quoted};
use template::Time;

use super::api::{Alert, Cluster, Silence, SilenceMatcher, Status, Texts};
use crate::tools::json;
use crate::tools::table::{self, Layout};

/// How answers are shown.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    Simple,
    Extended,
    Json,
}

const LAYOUT: Layout = Layout {
    least: 0,
    padding: 2,
};

/// Moments of the API, in Go's notation.
const RFC3339: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// Who shows answers.
pub(super) struct Show<'a> {
    pub(super) form: Form,
    /// Of moments, in Go's notation.
    pub(super) layout: &'a str,
}

impl Show<'_> {
    /// Alerts, those that began first before others; JSON keeps the server's order.
    pub(super) fn alerts(&self, mut alerts: Vec<Alert>, out: &mut impl Write) -> Result<()> {
        let mut text = match self.form {
            Form::Json => return Ok(writeln!(out, "{}", json::compact(&alerts)?)?),
            Form::Simple => String::from("Alertname\tStarts At\tSummary\tState\t\n"),
            Form::Extended => {
                String::from("Labels\tAnnotations\tStarts At\tEnds At\tGenerator URL\tState\t\n")
            }
        };
        alerts.sort_by_key(|alert| millis(&alert.starts_at));
        let get = |texts: &Texts, name: &str| texts.get(name).cloned().unwrap_or_default();
        for alert in &alerts {
            let state = alert.status.state.clone();
            let starts = self.moment(&alert.starts_at);
            let cells = match self.form {
                Form::Extended => vec![
                    pairs(&alert.labels),
                    pairs(&alert.annotations),
                    starts,
                    self.moment(&alert.ends_at),
                    alert.generator_url.clone(),
                    state,
                ],
                _ => vec![
                    get(&alert.labels, "alertname"),
                    starts,
                    get(&alert.annotations, "summary"),
                    state,
                ],
            };
            push_line(&mut text, &cells);
        }
        Ok(table::write(out, LAYOUT, &text)?)
    }

    /// Silences, those that end first before others; JSON keeps the server's order.
    pub(super) fn silences(&self, mut silences: Vec<Silence>, out: &mut impl Write) -> Result<()> {
        let mut text = match self.form {
            Form::Json => return Ok(writeln!(out, "{}", json::compact(&silences)?)?),
            Form::Simple => String::from("ID\tMatchers\tEnds At\tCreated By\tComment\t\n"),
            Form::Extended => String::from(
                "ID\tMatchers\tStarts At\tEnds At\tUpdated At\tCreated By\tComment\t\n",
            ),
        };
        silences.sort_by_key(|silence| millis(&silence.said.ends_at));
        for silence in &silences {
            let said = &silence.said;
            let matchers: Vec<String> = said.matchers.iter().map(matcher).collect();
            let (id, ends) = (silence.id.clone(), self.moment(&said.ends_at));
            let (author, comment) = (said.created_by.clone(), said.comment.clone());
            let cells = match self.form {
                Form::Extended => vec![
                    id,
                    format!("{{{}}}", matchers.join(",")),
                    self.moment(&said.starts_at),
                    ends,
                    self.moment(&silence.updated_at),
                    author,
                    comment,
                ],
                _ => vec![id, matchers.join(" "), ends, author, comment],
            };
            push_line(&mut text, &cells);
        }
        Ok(table::write(out, LAYOUT, &text)?)
    }

    pub(super) fn cluster(&self, cluster: &Cluster, out: &mut impl Write) -> Result<()> {
        if self.form == Form::Json {
            return Ok(writeln!(out, "{}", json::compact(cluster)?)?);
        }
        let (status, name) = (&cluster.status, &cluster.name);
        let mut text = format!("Cluster Status:\t{status}\nNode Name:\t{name}\n");
        if self.form == Form::Extended {
            text.push_str("\nAddress\tName\n");
            let mut peers: Vec<_> = cluster.peers.iter().collect();
            peers.sort_by_key(|peer| address(&peer.address));
            for peer in peers {
                push_line(&mut text, &[peer.address.clone(), peer.name.clone()]);
            }
        }
        Ok(table::write(out, LAYOUT, &text)?)
    }

    pub(super) fn config(&self, status: &Status, out: &mut impl Write) -> Result<()> {
        if self.form == Form::Json {
            return Ok(writeln!(out, "{}", json::compact(status)?)?);
        }
        writeln!(out, "{}", status.config.original)?;
        if self.form == Form::Extended {
            let version = &status.version_info;
            for (name, value) in [
                ("buildUser", &version.build_user),
                ("goVersion", &version.go_version),
                ("revision", &version.revision),
                ("version", &version.version),
                ("branch", &version.branch),
                ("buildDate", &version.build_date),
                ("uptime", &status.uptime),
            ] {
                writeln!(out, "{name} {value}")?;
            }
        }
        Ok(())
    }

    /// A moment of the API in the user's form, in the zone that it is written in; what is no moment
    /// stays as it is.
    fn moment(&self, text: &str) -> String {
        match Time::parse(RFC3339, text) {
            Ok(time) => time.format(self.layout),
            Err(_) => text.to_owned(),
        }
    }
}

fn push_line(text: &mut String, cells: &[String]) {
    for cell in cells {
        // A tab or a line break in a text would begin another cell.
        text.push_str(&cell.replace(['\t', '\n'], " "));
        text.push('\t');
    }
    text.push('\n');
}

/// Milliseconds since the epoch.
pub(super) fn millis(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.as_millisecond())
}

/// `a="b" c="d"`
fn pairs(texts: &Texts) -> String {
    let pairs = texts.iter();
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    pairs.join(" ")
}

/// `name=~"value"`
fn matcher(matcher: &SilenceMatcher) -> String {
    let sign = match (matcher.is_equal, matcher.is_regex) {
        (true, false) => "=",
        (false, false) => "!=",
        (true, true) => "=~",
        (false, true) => "!~",
    };
    let name = match is_legacy_label(&matcher.name) {
        true => matcher.name.clone(),
        false => quoted(&matcher.name),
    };
    let value = matcher.value.replace('\\', "\\\\");
    let value = value.replace('\n', "\\n").replace('"', "\\\"");
    format!("{name}{sign}\"{value}\"")
}

/// What peers are sorted by: those whose address is no number come first.
fn address(text: &str) -> (Option<IpAddr>, u16) {
    match text.parse::<std::net::SocketAddr>() {
        Ok(address) => (Some(address.ip()), address.port()),
        Err(_) => (None, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_written_as_they_are_read() {
        let check = |is_equal, is_regex, name: &str, value: &str, text: &str| {
            let (name, value) = (name.to_owned(), value.to_owned());
            let given = SilenceMatcher {
                is_equal,
                is_regex,
                name,
                value,
            };
            assert_eq!(matcher(&given), text);
        };
        check(true, false, "a", "b\"c\\d\n", r#"a="b\"c\\d\n""#);
        check(false, true, "a.b", ".*", r#""a.b"!~".*""#);
        check(true, true, "a", "b|c", r#"a=~"b|c""#);
    }
}
