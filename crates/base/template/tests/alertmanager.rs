//! Notifications through templates: the data, the functions, the default templates.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use contract::{Notification, NotificationReason};
use model::{Alert, Labels};
use template::alertmanager::{Data, TemplateFile, Templates};

const SECOND: i64 = 1000;

fn alert(name: &str, instance: &str, ends_at: i64) -> Alert {
    Alert {
        labels: Labels::from_pairs([
            ("alertname", name),
            ("instance", instance),
            ("job", "n<o>de"),
        ]),
        annotations: Labels::from_pairs([("summary", "a & b")]),
        starts_at: 1_600_000_000 * SECOND,
        ends_at,
        updated_at: 0,
        generator_url: "http://prom/graph?g0.expr=up+%3D%3D+0&g0.tab=1".to_owned(),
    }
}

/// Two firing alerts and one that has ended.
fn notification() -> Notification {
    let far = 1_700_000_000 * SECOND;
    Notification {
        receiver: "team.x".to_owned(),
        group_key: "{}:{alertname=\"Down\"}".to_owned(),
        group_labels: Labels::from_pairs([("alertname", "Down")]),
        route_labels: Labels::from_pairs([("team", "x")]),
        alerts: vec![
            alert("Down", "a:1", far),
            alert("Down", "b:1", far),
            alert("Down", "c:1", 1_600_000_600 * SECOND),
        ],
        reason: NotificationReason::First,
        now: 1_600_000_700 * SECOND,
        deadline: far,
        request_key: String::new(),
    }
}

fn check(text: &str, expected: &str) {
    let data = Data::new(&notification(), "http://am:9093");
    let templates = Templates::load(&[]).unwrap();
    match templates.text(text, &data) {
        Ok(written) => assert_eq!(written, expected, "{text}"),
        Err(error) => assert_eq!(error.to_string(), expected, "{text}"),
    }
}

#[test]
fn data_has_upstreams_fields_and_methods() {
    for (text, expected) in [
        ("no action", "no action"),
        ("{{ .Receiver }} {{ .Status }}", r"team\.x firing"),
        (
            "{{ len .Alerts }} {{ .Alerts.Firing | len }} {{ len .Alerts.Resolved }}",
            "3 2 1",
        ),
        (
            "{{ range .Alerts }}{{ .Labels.instance }} {{ end }}",
            "a:1 b:1 c:1 ",
        ),
        ("{{ (index .Alerts 2).Status }}", "resolved"),
        ("{{ (index .Alerts 0).EndsAt.IsZero }}", "true"),
        (
            "{{ (index .Alerts 2).EndsAt }}",
            "2020-09-13 12:36:40 +0000 UTC",
        ),
        (
            "{{ .CommonLabels.SortedPairs }}",
            "alertname=Down, job=n<o>de",
        ),
        ("{{ .CommonLabels }}", "alertname=Down, job=n<o>de"),
        (
            "{{ (.CommonLabels.Remove .GroupLabels.Names).Values | join \",\" }}",
            "n<o>de",
        ),
        (
            "{{ range $k, $v := .CommonLabels }}{{ $k }}={{ $v }};{{ end }}",
            "alertname=Down;job=n<o>de;",
        ),
        (
            "{{ .CommonLabels.absent }}|{{ .CommonAnnotations.summary }}",
            "|a & b",
        ),
        (
            "{{ .NotificationReason }} {{ .RouteLabels.team }}",
            "first notification x",
        ),
        ("{{ (index .Alerts 0).Fingerprint | len }}", "16"),
        ("{{ .ExternalURL }}", "http://am:9093"),
        (
            "{{ .Nothing }}",
            "template: :1:3: executing \"\" at <.Nothing>: can't evaluate field Nothing in type *template.Data",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn functions_are_upstreams() {
    for (text, expected) in [
        ("{{ toUpper \"aé\" }}{{ toLower \"AÉ\" }}", "AÉaé"),
        ("{{ title \"hELLO wORLD it's\" }}", "Hello World It's"),
        ("[{{ trimSpace \" a \" }}]", "[a]"),
        ("{{ stringSlice \"a\" \"b\" | join \"+\" }}", "a+b"),
        (
            "{{ match \"^a\" \"ab\" }}{{ match \"^b\" \"ab\" }}",
            "truefalse",
        ),
        ("{{ reReplaceAll \"a(.)\" \"<$1>\" \"xabac\" }}", "x<b><c>"),
        ("{{ urlUnescape \"a%20b+c\" }}", "a b c"),
        (
            "{{ (index .Alerts 0).StartsAt | date \"2006-01-02 15:04\" }}",
            "2020-09-13 12:26",
        ),
        (
            "{{ (index .Alerts 0).StartsAt | tz \"Europe/Paris\" }}",
            "2020-09-13 14:26:40 +0200 CEST",
        ),
        ("{{ since (index .Alerts 0).StartsAt }}", "11m40s"),
        (
            "{{ since (index .Alerts 0).StartsAt | humanizeDuration }}",
            "11m 40s",
        ),
        ("{{ now.Unix }}", "1600000700"),
        (
            "{{ (toDate \"2006-01-02\" \"2026-01-31\").Weekday }}",
            "Saturday",
        ),
        ("{{ (toDate \"2006-01-02\" \"x\").IsZero }}", "true"),
        (
            "{{ toJson .CommonLabels }}",
            r#"{"alertname":"Down","job":"n\u003co\u003ede"}"#,
        ),
        (
            "{{ toJson (dict \"a\" 1 \"b\" (list 1.5 nil true)) }}",
            r#"{"a":1,"b":[1.5,null,true]}"#,
        ),
        (
            "{{ base64encode \"a?b>\" }} {{ base64decode \"YT9iPg==\" }}",
            "YT9iPg== a?b>",
        ),
        (
            "{{ $l := list 1 }}{{ $l = append $l 2 \"x\" }}{{ len $l }} {{ $l }}",
            "3 [1 2 x]",
        ),
        ("{{ (dict \"a\" 1).a }}", "1"),
        (
            "{{ dict \"a\" }}",
            "template: :1:3: executing \"\" at <dict \"a\">: error calling dict: dict requires an even number of arguments",
        ),
        (
            "{{ tz \"No/Where\" now }}",
            "template: :1:3: executing \"\" at <tz \"No/Where\" now>: error calling tz: unknown time zone No/Where",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn files_replace_the_defaults() {
    let data = Data::new(&notification(), "http://am:9093");
    let file = TemplateFile {
        name: "own.tmpl",
        text: "{{ define \"__subject\" }}own {{ .Status }}{{ end }}\n",
    };
    let templates = Templates::load(&[file]).unwrap();
    let title = templates
        .text("{{ template \"slack.default.title\" . }}", &data)
        .unwrap();
    assert_eq!(title, "own firing");
    let broken = TemplateFile {
        name: "bad.tmpl",
        text: "a\n{{ nope }}",
    };
    let error = Templates::load(&[broken]).unwrap_err().to_string();
    assert_eq!(error, "template: bad.tmpl:2: function \"nope\" not defined");
}

#[test]
fn a_subject_says_what_and_how_many() {
    check("{{ template \"__subject\" . }}", "[FIRING:2] Down (n<o>de)");
    check(
        "{{ template \"__alertmanagerURL\" . }}",
        r"http://am:9093/#/alerts?receiver=team%5C.x",
    );
}

/// What users' files and configurations ask for by name.
const NAMES: &[&str] = &[
    "__alertmanager",
    "__alertmanagerURL",
    "__subject",
    "__description",
    "__text_alert_list",
    "__text_alert_list_markdown",
    "slack.default.title",
    "slack.default.username",
    "slack.default.fallback",
    "slack.default.callbackid",
    "slack.default.pretext",
    "slack.default.titlelink",
    "slack.default.iconemoji",
    "slack.default.iconurl",
    "slack.default.text",
    "slack.default.footer",
    "slack.default.color",
    "pagerduty.default.description",
    "pagerduty.default.client",
    "pagerduty.default.clientURL",
    "pagerduty.default.instances",
    "opsgenie.default.message",
    "opsgenie.default.description",
    "opsgenie.default.source",
    "wechat.default.message",
    "wechat.default.to_user",
    "wechat.default.to_party",
    "wechat.default.to_tag",
    "wechat.default.agent_id",
    "victorops.default.state_message",
    "victorops.default.entity_display_name",
    "victorops.default.monitoring_tool",
    "pushover.default.title",
    "pushover.default.message",
    "pushover.default.url",
    "sns.default.subject",
    "sns.default.message",
    "telegram.default.message",
    "discord.default.content",
    "discord.default.title",
    "discord.default.message",
    "webex.default.message",
    "msteams.default.summary",
    "msteams.default.title",
    "msteams.default.text",
    "msteamsv2.default.title",
    "msteamsv2.default.text",
    "jira.default.summary",
    "jira.default.description",
    "rocketchat.default.title",
    "rocketchat.default.alias",
    "rocketchat.default.titlelink",
    "rocketchat.default.emoji",
    "rocketchat.default.iconurl",
    "rocketchat.default.text",
    "mattermost.default.color",
    "mattermost.default.username",
    "mattermost.default.title",
    "mattermost.default.titlelink",
    "mattermost.default.fallback",
    "mattermost.default.text",
    "email.default.subject",
    "email.default.html",
];

#[test]
fn every_default_template_has_words() {
    let data = Data::new(&notification(), "http://am:9093");
    let templates = Templates::load(&[]).unwrap();
    for name in NAMES {
        let of_alerts = name.starts_with("__text_alert_list") || name.ends_with(".instances");
        let dot = if of_alerts { ".Alerts.Firing" } else { "." };
        let text = format!("{{{{ template {name:?} {dot} }}}}");
        let written = templates.text(&text, &data).unwrap();
        assert!(!written.contains("<no value>"), "{name}: {written}");
        let page = templates.html(&text, &data).unwrap();
        assert!(!page.contains("n<o>de"), "{name}: {page}");
    }
}

#[test]
fn the_default_e_mail_is_escaped_and_names_all_alerts() {
    let data = Data::new(&notification(), "http://am:9093");
    let templates = Templates::load(&[]).unwrap();
    let page = templates
        .html("{{ template \"email.default.html\" . }}", &data)
        .unwrap();
    for part in [
        "<title>[FIRING:2] Down (n&lt;o&gt;de)</title>",
        "Firing (2)",
        "Resolved (1)",
        ">a:1</td>",
        ">c:1</td>",
        "a &amp; b",
        "href=\"http://prom/graph?g0.expr=up&#43;%3D%3D&#43;0&amp;g0.tab=1\"",
        "href=\"http://am:9093/#/alerts?receiver=team%5C.x\"",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}
