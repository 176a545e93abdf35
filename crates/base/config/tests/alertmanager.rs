//! `alertmanager.yml`: upstream's own files, what is wrong where and in which words, what a route
//! inherits and a receiver takes over, and that Debian's amtool says the same of the same files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may stop at the first surprise, and say what they left out"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use config::alertmanager::{AlertmanagerConfig, GroupBy, load, parse};
use config::{ConfigError, SecretSource};
use proptest::prelude::*;

fn read(text: &str) -> Result<AlertmanagerConfig, ConfigError> {
    parse(text, Path::new("/etc/a/am.yml"), None)
}

fn error(text: &str) -> String {
    read(text).expect_err(text).to_string()
}

/// A file with one receiver of these lines.
fn with_receiver(lines: &str) -> String {
    let lines = lines.trim_end().replace('\n', "\n    ");
    format!("route:\n  receiver: x\nreceivers:\n  - name: x\n    {lines}\n")
}

/// Upstream's files that must fail, with a word of what upstream says. All others load.
const FAILING: [(&str, &str); 19] = [
    (
        "mattermost-no-webhook-url",
        "missing webhook_url or webhook_url_file",
    ),
    (
        "mattermost-valid-receiver-both-webhook-url-and-file",
        "at most one of mattermost_webhook_url",
    ),
    (
        "nil-source_match_re-inhibition",
        "invalid regexp value for \"invalid_source_label\"",
    ),
    (
        "nil-target_match_re-inhibition",
        "invalid regexp value for \"invalid_target_label\"",
    ),
    (
        "opsgenie-both-file-and-apikey",
        "at most one of opsgenie_api_key",
    ),
    ("opsgenie-default-apikey-old-team", "teams"),
    ("opsgenie-no-apikey", "no global OpsGenie API Key set"),
    (
        "rocketchat-both-token-and-tokenfile",
        "at most one of rocketchat_token,",
    ),
    (
        "rocketchat-both-tokenid-and-tokenidfile",
        "at most one of rocketchat_token_id,",
    ),
    (
        "slack-both-file-and-token",
        "at most one of slack_app_token,",
    ),
    ("slack-both-file-and-url", "at most one of slack_api_url,"),
    (
        "slack-both-url-and-token",
        "slack_app_token/slack_app_token_file",
    ),
    (
        "slack-update-message-and-webhook",
        "update_message can only be used with bot tokens",
    ),
    (
        "smtp-both-password-and-file",
        "at most one of smtp_auth_password,",
    ),
    ("sns-invalid", "Target ARN, Topic ARN, or Phone Number"),
    (
        "telegram-no-bot-token",
        "missing bot_token or bot_token_file",
    ),
    (
        "telegram-valid-receiver-both-bot-token-and-file",
        "at most one of telegram_bot_token",
    ),
    (
        "victorops-both-file-and-apikey",
        "at most one of victorops_api_key",
    ),
    (
        "wechat-both-file-and-secret",
        "at most one of wechat_api_secret",
    ),
];

fn cases() -> Vec<PathBuf> {
    let Ok(root) = std::env::var("ARGAND_CONFORMANCE") else {
        eprintln!("ARGAND_CONFORMANCE names no folder: skipped");
        return Vec::new();
    };
    let folder = Path::new(&root).join("alertmanager-config");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(paths.len() > 30, "{} cases only", paths.len());
    paths
}

#[test]
fn upstreams_files_load_or_fail_as_upstream_has_it() {
    for path in cases() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let case = name.trim_start_matches("conf.");
        let word = FAILING.iter().find(|(failing, _)| *failing == case);
        match (load(&path, None), word) {
            (Ok(loaded), None) => {
                let again = read(&loaded.redacted)
                    .unwrap_or_else(|error| panic!("{name} shown: {error}\n{}", loaded.redacted));
                assert_eq!(again.route, loaded.route, "{name}");
                assert!(!loaded.redacted.contains("mysecret"), "{}", loaded.redacted);
            }
            (Err(error), Some((_, word))) => {
                assert!(error.to_string().contains(word), "{name}: {error}");
                assert!(
                    error.line().is_some() && error.column().is_some(),
                    "{error}"
                );
            }
            (Ok(_), Some(_)) => panic!("{name} must fail"),
            (Err(error), None) => panic!("{name} must load: {error}"),
        }
    }
}

#[test]
fn faults_name_their_place_and_what_is_wrong() {
    for (text, expected) in [
        ("", "/etc/a/am.yml:1:1: route: no route provided in config"),
        (
            "route: {}\n",
            "/etc/a/am.yml:1:8: route.receiver: root route must specify a default receiver",
        ),
        (
            "route:\n  receiver: x\n",
            "/etc/a/am.yml:2:13: route.receiver: undefined receiver \"x\" used in route",
        ),
        (
            "route: {receiver: x}\nreceivers: [{name: x}, {name: x}]\n",
            "/etc/a/am.yml:2:31: receivers[1].name: notification config name \"x\" is not unique",
        ),
        (
            "receivers: [{}]\n",
            "/etc/a/am.yml:1:13: receivers[0].name: missing name in receiver",
        ),
        (
            "route: {receiver: x, recever: y}\n",
            "/etc/a/am.yml:1:22: route: unknown key \"recever\"; did you mean \"receiver\"?",
        ),
        (
            "route: {receiver: x, group_by: [a, a]}\n",
            "/etc/a/am.yml:1:36: route.group_by: duplicated label \"a\" in group_by",
        ),
        (
            "route: {receiver: x, group_by: [a, '...']}\n",
            "/etc/a/am.yml:1:32: route.group_by: cannot have wildcard group_by (`...`) and other labels at the same time",
        ),
        (
            "route: {receiver: x, repeat_interval: 0s}\n",
            "/etc/a/am.yml:1:39: route.repeat_interval: repeat_interval cannot be zero",
        ),
        (
            "route: {receiver: x, matchers: [a=b]}\nreceivers: [{name: x}]\n",
            "/etc/a/am.yml:1:32: route.matchers: root route must not have any matchers",
        ),
        (
            "route: {receiver: x, continue: true}\nreceivers: [{name: x}]\n",
            "/etc/a/am.yml:1:32: route.continue: cannot have continue in root route",
        ),
        (
            "route: {receiver: x, routes: [{mute_time_intervals: [never]}]}\nreceivers: [{name: x}]\n",
            "/etc/a/am.yml:1:54: route.routes[0].mute_time_intervals: undefined time interval \"never\" used in route",
        ),
        (
            "route: {receiver: x, routes: [{matchers: ['a=b', 'a']}]}\nreceivers: [{name: x}]\n",
            "/etc/a/am.yml:1:50: route.routes[0].matchers: bad matcher format: a",
        ),
        (
            "global: {slack_api_url: 'mailto:secret'}\n",
            "/etc/a/am.yml:1:25: global.slack_api_url: not a valid URL: unsupported scheme or missing host",
        ),
        (
            "global: {smtp_smarthost: mail}\n",
            "/etc/a/am.yml:1:26: global.smtp_smarthost: address \"mail\": expected host:port, an IPv6 address in brackets",
        ),
    ] {
        assert_eq!(error(text), expected);
    }
}

#[test]
fn faults_of_receivers() {
    for (lines, word) in [
        (
            "webhook_configs:\n  - {}",
            "one of url or url_file must be configured",
        ),
        ("webhook_configs:\n  -", "an empty or null entry"),
        ("webhook_configs:\n  - url: 'ftp://h'", "unsupported scheme"),
        (
            "webhook_configs:\n  - url: http://h\n    timeout: 5d",
            "expected a duration",
        ),
        (
            "email_configs:\n  - to: a@b",
            "no global SMTP smarthost set",
        ),
        (
            "email_configs:\n  - {to: a@b, smarthost: 'h:25'}",
            "no global SMTP from set",
        ),
        (
            "email_configs:\n  - {}",
            "missing to address in email config",
        ),
        (
            "email_configs:\n  - {to: a@b, headers: {subject: a, Subject: b}}",
            "duplicate header \"Subject\"",
        ),
        (
            "email_configs:\n  - {to: a@b, threading: {enabled: true}}",
            "thread_by_date",
        ),
        (
            "pagerduty_configs:\n  - {}",
            "missing service or routing key",
        ),
        (
            "slack_configs:\n  - {}",
            "no Slack API URL nor App token set",
        ),
        (
            "slack_configs:\n  - {api_url: 'http://h', actions: [{type: a, text: b}]}",
            "missing name or url",
        ),
        (
            "opsgenie_configs:\n  - {api_key: a, responders: [{type: team}]}",
            "at least one of id, username or name",
        ),
        (
            "opsgenie_configs:\n  - {api_key: a, responders: [{type: crew, name: n}]}",
            "\"crew\" does not match",
        ),
        (
            "wechat_configs:\n  - {api_secret: a}",
            "no global Wechat CorpID set",
        ),
        (
            "victorops_configs:\n  - {api_key: a}",
            "missing Routing key",
        ),
        (
            "victorops_configs:\n  - {api_key: a, routing_key: b, custom_fields: {entity_id: c}}",
            "conflicts with the fixed/static fields",
        ),
        (
            "pushover_configs:\n  - {token: a}",
            "one of user_key or user_key_file",
        ),
        (
            "telegram_configs:\n  - {bot_token: a}",
            "missing chat_id or chat_id_file",
        ),
        (
            "telegram_configs:\n  - {bot_token: a, chat_id: 1, parse_mode: BB}",
            "unknown parse_mode",
        ),
        (
            "discord_configs:\n  - {}",
            "one of webhook_url or webhook_url_file",
        ),
        (
            "webex_configs:\n  - {room_id: a}",
            "missing webex_configs.http_config.authorization",
        ),
        (
            "jira_configs:\n  - {project: a, issue_type: b}",
            "no global Jira Cloud URL set",
        ),
        ("jira_configs:\n  - {project: a}", "missing issue_type"),
        (
            "incidentio_configs:\n  - {url: 'http://h', http_config: {}}",
            "at least one of alert_source_token",
        ),
        (
            "rocketchat_configs:\n  - {token: a}",
            "no global Rocketchat TokenID set",
        ),
        (
            "labels: {name: y}",
            "must match receiver name \"x\", got \"y\"",
        ),
    ] {
        let text = with_receiver(lines);
        let error = error(&text);
        assert!(error.contains(word), "{text}\n{error}");
        assert!(error.contains("receivers[0]"), "{error}");
    }
}

#[test]
fn routes_inherit_what_they_do_not_say() {
    let text = "\
route:
  receiver: a
  group_by: [x]
  group_wait: 0s
  labels: {team: core, kind: '{{ .Status }}'}
  routes:
    - match: {b: '1'}
      match_re: {a: 'x|y'}
      matchers: ['c!=\"2\"', '{d=~\"e\"}']
      group_interval: 1m
      continue: true
      labels: {team: web}
      routes:
        - receiver: b
          group_by: ['...']
        - group_by: []
    - {}
receivers: [{name: a}, {name: b}]
";
    let root = read(text).expect("loads").route;
    let first = &root.routes[0];
    let matchers: Vec<String> = first.matchers.iter().map(ToString::to_string).collect();
    assert_eq!(
        matchers,
        ["a=~\"^(?:x|y)$\"", "b=\"1\"", "c!=\"2\"", "d=~\"e\""]
    );
    assert_eq!(first.receiver, "a");
    assert_eq!(first.group_by, GroupBy::Labels(vec!["x".to_owned()]));
    assert_eq!(first.group_wait, Duration::ZERO);
    assert_eq!(first.group_interval, Duration::from_secs(60));
    assert!(first.continues && !root.continues);
    assert_eq!(first.labels.get("team"), Some("web"));
    assert_eq!(first.labels.get("kind"), Some("{{ .Status }}"));
    assert_eq!(first.routes[0].group_by, GroupBy::All);
    assert_eq!(first.routes[0].group_interval, Duration::from_secs(60));
    assert_eq!(first.routes[1].group_by, GroupBy::Labels(Vec::new()));
    assert_eq!(first.routes[1].receiver, "a");
    assert!(!first.routes[0].continues);
    assert_eq!(root.routes[1].group_interval, Duration::from_secs(300));
    assert_eq!(
        root.routes[1].repeat_interval,
        Duration::from_secs(4 * 3600)
    );
}

#[test]
fn receivers_take_over_from_global() {
    let text = "\
global:
  http_config: {follow_redirects: false, proxy_url: 'http://p'}
  smtp_smarthost: '[::1]:25'
  smtp_from: me@example.org
  smtp_auth_password_file: /pw
  smtp_require_tls: false
  opsgenie_api_key: everyones
  slack_app_token: xoxb
  victorops_api_url: https://v/api
route: {receiver: x}
receivers:
  - name: x
    email_configs:
      - to: you@example.org
      - {to: you@example.org, require_tls: true, auth_password: my-own}
    opsgenie_configs:
      - api_key_file: /mine
      - {}
    slack_configs:
      - {}
      - api_url: https://hooks/secret
    webhook_configs:
      - {url: 'http://h/{{ .Status }}', http_config: {}, timeout: 1500ms}
    victorops_configs:
      - {api_key: k, routing_key: r}
templates: ['t/*.tmpl']
";
    let config = read(text).expect("loads");
    let receiver = &config.receivers[0];
    assert_eq!(config.templates, [PathBuf::from("/etc/a/t/*.tmpl")]);
    let [first, second] = &receiver.email[..] else {
        panic!("two mails")
    };
    assert_eq!(
        (first.smarthost.host.as_str(), first.smarthost.port.as_str()),
        ("::1", "25")
    );
    assert!(!first.require_tls && second.require_tls);
    assert_eq!(
        first.auth_password,
        Some(SecretSource::File(PathBuf::from("/pw")))
    );
    assert!(matches!(
        second.auth_password,
        Some(SecretSource::Inline(_))
    ));
    assert_eq!(
        receiver.opsgenie[0].api_key,
        SecretSource::File(PathBuf::from("/mine"))
    );
    assert!(matches!(
        receiver.opsgenie[1].api_key,
        SecretSource::Inline(_)
    ));
    assert_eq!(
        receiver.opsgenie[0].api_url.as_str(),
        "https://api.opsgenie.com/"
    );
    let SecretSource::Inline(url) = &receiver.slack[0].url else {
        panic!("inline")
    };
    assert_eq!(url.expose(), "https://slack.com/api/chat.postMessage");
    assert!(receiver.slack[0].http.authorization.is_some());
    assert!(receiver.slack[1].http.authorization.is_none());
    assert!(!receiver.slack[1].http.follow_redirects);
    assert!(
        receiver.webhook[0].http.follow_redirects && receiver.webhook[0].http.proxy.url.is_none()
    );
    assert_eq!(receiver.webhook[0].timeout, Duration::from_millis(1500));
    assert_eq!(receiver.victorops[0].api_url.as_str(), "https://v/api/");
    let shown = format!("{config:?}{}", config.redacted);
    for secret in ["everyones", "xoxb", "my-own", "hooks/secret"] {
        assert!(!shown.contains(secret), "{secret} is shown: {shown}");
    }
}

#[test]
fn times_and_their_faults() {
    let period = |period: &str| {
        format!(
            "route: {{receiver: x}}\nreceivers: [{{name: x}}]\ntime_intervals: [{{name: t, time_intervals: [{{{period}}}]}}]\n"
        )
    };
    let config = read(&period(
        "times: [{start_time: '08:00', end_time: '24:00'}], weekdays: ['Monday:friday', sunday], days_of_month: ['-3:-1', 5], months: [may:august, 12], years: ['2024:2026'], location: Europe/Berlin",
    ))
    .expect("loads");
    let read_period = &config.time_intervals[0].periods[0];
    let ends = |ranges: &Option<Vec<config::alertmanager::InclusiveRange>>| -> Vec<(i32, i32)> {
        ranges
            .iter()
            .flatten()
            .map(|range| (range.start, range.end))
            .collect()
    };
    assert_eq!(ends(&read_period.weekdays), [(1, 5), (0, 0)]);
    assert_eq!(ends(&read_period.days_of_month), [(-3, -1), (5, 5)]);
    assert_eq!(ends(&read_period.months), [(5, 8), (12, 12)]);
    assert_eq!(ends(&read_period.years), [(2024, 2026)]);
    let times = read_period.times.as_ref().expect("times");
    assert_eq!((times[0].start, times[0].end), (480, 1440));
    assert_eq!(read_period.location.iana_name(), Some("Europe/Berlin"));
    for (text, word) in [
        (
            "weekdays: [friday:monday]",
            "start day cannot be before end day",
        ),
        ("weekdays: [mon]", "mon is not a valid weekday"),
        ("days_of_month: [0]", "0 is not a valid day of the month"),
        ("days_of_month: ['-1:5']", "end day must be negative"),
        (
            "days_of_month: ['10:5']",
            "end day 5 is always before start day 10",
        ),
        ("months: [june:may]", "before start month"),
        (
            "years: ['2026:2024']",
            "end year 2024 is before start year 2026",
        ),
        (
            "times: [{start_time: '8:00', end_time: '9:00'}]",
            "couldn't parse timestamp 8:00",
        ),
        (
            "times: [{start_time: '09:00', end_time: '09:00'}]",
            "start time cannot be equal or greater",
        ),
        (
            "times: [{start_time: '09:00'}]",
            "both start and end times must be provided",
        ),
        ("location: Nowhere/Land", "unknown time zone Nowhere/Land"),
    ] {
        let error = error(&period(text));
        assert!(error.contains(word), "{text}: {error}");
    }
}

#[test]
fn the_environment_is_asked_only_where_that_is_wanted() {
    let text = with_receiver("webhook_configs:\n  - url: 'http://${HOST}/$${x}'");
    let environment = |name: &str| (name == "HOST").then(|| "h".to_owned());
    let url = |config: AlertmanagerConfig| match &config.receivers[0].webhook[0].url {
        SecretSource::Inline(url) => url.expose().to_owned(),
        SecretSource::File(_) => panic!("inline"),
    };
    let file = Path::new("am.yml");
    assert_eq!(
        url(parse(&text, file, Some(&environment)).expect("expands")),
        "http://h/${x}"
    );
    assert_eq!(
        url(parse(&text, file, None).expect("loads")),
        "http://${HOST}/$${x}"
    );
    let missing = parse(&text.replace("HOST", "NONE"), file, Some(&environment));
    assert_eq!(
        missing.expect_err("no such variable").to_string(),
        "am.yml:6:14: the environment has no variable \"NONE\""
    );
}

/// Files that both Debian's amtool and this crate judge: whether they load.
const JUDGED: [&str; 24] = [
    "route: {receiver: x}\nreceivers: [{name: x}]\n",
    "route: {receiver: x}\n",
    "route: {receiver: x, group_by: ['...']}\nreceivers: [{name: x}]\n",
    "route: {receiver: x, group_by: ['...', a]}\nreceivers: [{name: x}]\n",
    "route: {receiver: x, group_wait: 1d}\nreceivers: [{name: x}]\n",
    "route: {receiver: x, group_wait: 1.5s}\nreceivers: [{name: x}]\n",
    "route: {receiver: x, group_interval: 0}\nreceivers: [{name: x}]\n",
    "route: {receiver: x, routes: [{matchers: ['a=b', 'c=~\"d|e\"', 'f != g']}]}\nreceivers: [{name: x}]\n",
    "route: {receiver: x, routes: [{matchers: ['a=~(']}]}\nreceivers: [{name: x}]\n",
    "route: {receiver: x, routes: [{match: {a-b: c}}]}\nreceivers: [{name: x}]\n",
    "route: {receiver: x, routes: [{match_re: {a: '*'}}]}\nreceivers: [{name: x}]\n",
    "route: {receiver: x}\nreceivers: [{name: x, webhook_configs: [{url: 'http://h'}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x, webhook_configs: [{url: 'h'}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x, webhook_configs: [{url: 'http://h', max_alerts: -1}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x, webhook_configs: [{url: 'http://h', http_config: {basic_auth: {username: a}, bearer_token: b}}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x, pushover_configs: [{user_key: a, token: b, retry: 1m}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x, pushover_configs: [{user_key: a, token: b, retry: 1d}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x, telegram_configs: [{bot_token: a, chat_id: -100}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x, sns_configs: [{topic_arn: a, target_arn: b, sigv4: {}}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x, sns_configs: [{topic_arn: a, sigv4: {region: r}}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x}]\ntime_intervals: [{name: t, time_intervals: [{weekdays: ['saturday:sunday']}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x}]\ntime_intervals: [{name: t, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}]}]}]\n",
    "route: {receiver: x}\nreceivers: [{name: x}]\ntime_intervals: [{name: t}]\nmute_time_intervals: [{name: t}]\n",
    "route: {receiver: x}\nreceivers: [{name: x}]\ninhibit_rules: [{source_matchers: ['a=b'], target_match_re: {c: d}, equal: [e]}]\n",
];

#[test]
fn debians_amtool_judges_alike() {
    if Command::new("amtool").arg("--version").output().is_err() {
        eprintln!("amtool is not installed: skipped");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for text in JUDGED {
        let path = folder.path().join("am.yml");
        std::fs::write(&path, text).expect("writes");
        let verdict = Command::new("amtool")
            .arg("check-config")
            .arg(&path)
            .output()
            .expect("runs");
        let ours = load(&path, None);
        assert_eq!(
            ours.is_ok(),
            verdict.status.success(),
            "{text}\n{ours:?}\n{}",
            String::from_utf8_lossy(&verdict.stdout)
        );
    }
}

proptest! {
    #[test]
    fn no_file_panics(cut in 0usize..4000, text in "\\PC{0,40}") {
        let whole = format!("{}{}", JUDGED.concat(), with_receiver("email_configs:\n  - to: a"));
        let cut = whole.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(whole.len());
        let _ = read(&whole[..cut]);
        let _ = read(&whole[cut..]);
        let _ = read(&format!("{}{text}", &whole[cut..]));
    }
}
