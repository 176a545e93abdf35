//! `argand am …` as somebody types it, and that Debian's amtool prints the same.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may stop at the first surprise, and say what they left out"
)]

use std::path::Path;
use std::process::{Command, Output};

const FILE: &str = "\
route:
  receiver: default
  routes:
  - matchers: [service=~\"foo|bar\", severity!=\"x\"]
    receiver: team-X
    continue: true
    routes:
    - match: {severity: critical}
      receiver: pager
  - match: {service: files}
    routes:
    - match_re: {owner: 'a|b'}
      receiver: team-Y
  - receiver: rest
    matchers: ['quoted=\"x \\\"y\\\"\"']
receivers: [{name: default}, {name: team-X}, {name: pager}, {name: team-Y}, {name: rest}]
templates: ['*.tmpl']
inhibit_rules: [{source_matchers: [a=b], target_matchers: [c=d]}]
";

fn argand(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_argand"))
        .arg("am")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn amtool(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("amtool")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn amtool_prints_the_same() {
    if Command::new("amtool").arg("--version").output().is_err() {
        eprintln!("amtool is not installed: skipped");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("am.yml"), FILE).unwrap();
    std::fs::write(folder.path().join("a.tmpl"), "{{ define \"a\" }}{{ end }}").unwrap();
    let file = "--config.file=am.yml";
    for arguments in [
        &["check-config", "am.yml"][..],
        &["config", "routes", file],
        &["config", "routes", "show", file],
        &["config", "routes", "test", file],
        &[
            "config",
            "routes",
            "test",
            file,
            "service=foo",
            "severity=critical",
        ],
        &[
            "config",
            "routes",
            "test",
            file,
            "--tree",
            "service=bar",
            "severity=low",
        ],
        &[
            "config",
            "routes",
            "test",
            file,
            "--tree",
            "service=files",
            "owner=a",
        ],
        &[
            "config",
            "routes",
            "test",
            file,
            "--tree",
            "quoted=x \\\"y\\\"",
        ],
        &[
            "config",
            "routes",
            "test",
            file,
            "--verify.receivers=pager",
            "service=foo",
            "severity=critical",
        ],
    ] {
        let (ours, theirs) = (
            argand(folder.path(), arguments),
            amtool(folder.path(), arguments),
        );
        assert_eq!(
            String::from_utf8_lossy(&ours.stdout),
            String::from_utf8_lossy(&theirs.stdout),
            "{arguments:?} {}",
            String::from_utf8_lossy(&ours.stderr)
        );
        assert!(
            ours.status.success() && theirs.status.success(),
            "{arguments:?}"
        );
    }
    std::fs::write(
        folder.path().join("data.json"),
        r#"{"receiver":"r","status":"firing","alerts":[{"status":"firing","labels":{"a":"<b>"},"annotations":{},"startsAt":"2024-01-02T03:04:05.5Z","generatorURL":"http://g","fingerprint":"f"}],"groupLabels":{"alertname":"x"},"commonLabels":{"a":"<b>"},"commonAnnotations":{},"externalURL":"http://e"}"#,
    )
    .unwrap();
    let everything = "{{ .Receiver }} {{ .Status }} {{ .ExternalURL }} {{ .GroupLabels.SortedPairs.Values | join \",\" }} {{ range .Alerts.Firing }}{{ .Status }} {{ .Fingerprint }} {{ .GeneratorURL }} {{ .Labels.SortedPairs.Names | join \",\" }} {{ .Labels.a }}{{ end }} {{ len .Alerts.Resolved }} {{ .CommonAnnotations.Values | join \",\" }}";
    let text = format!("--template.text={everything}");
    let moments = "--template.text={{ range .Alerts }}{{ .StartsAt }} {{ .EndsAt.Unix }}{{ end }}";
    let data = "--template.data=data.json";
    // The alerts that Debian's version makes up have no status yet.
    let made_up = "--template.text={{ .Receiver }} {{ .Status }} {{ .ExternalURL }} {{ .GroupLabels.SortedPairs.Values | join \",\" }} {{ len .Alerts }} {{ .CommonLabels.Names | join \",\" }}";
    for more in [
        &[made_up][..],
        &[made_up, "--template.type=html"],
        &[text.as_str(), data],
        &[text.as_str(), data, "--template.type=html"],
        &[moments, data],
    ] {
        let arguments = [&["template", "render", "--template.glob=*.tmpl"], more].concat();
        let (ours, theirs) = (
            argand(folder.path(), &arguments),
            amtool(folder.path(), &arguments),
        );
        assert_eq!(
            String::from_utf8_lossy(&ours.stdout),
            String::from_utf8_lossy(&theirs.stdout),
            "{arguments:?} {}",
            String::from_utf8_lossy(&ours.stderr)
        );
        assert!(
            ours.status.success() && theirs.status.success(),
            "{arguments:?}"
        );
    }
    // Both refuse, each in its own words.
    for arguments in [
        &[
            "config",
            "routes",
            "test",
            file,
            "--verify.receivers=default",
            "service=foo",
        ][..],
        &["config", "routes", "test", file, "service"],
        &["config", "routes", "test", file, "service=~foo"],
        &["check-config", "a.tmpl"],
    ] {
        let (ours, theirs) = (
            argand(folder.path(), arguments),
            amtool(folder.path(), arguments),
        );
        assert_eq!(ours.status.code(), Some(1), "{arguments:?}");
        assert_eq!(theirs.status.code(), Some(1), "{arguments:?}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("bad.yml", "route: {receiver: x}\n");
    write(
        "template.yml",
        "route: {receiver: x}\nreceivers: [{name: x}]\ntemplates: [bad.tmpl]\n",
    );
    write("bad.tmpl", "{{ define ");
    write(
        "env.yml",
        "route: {receiver: '${AM_TOOLS_TEST}'}\nreceivers: [{name: '${AM_TOOLS_TEST}'}]\n",
    );
    for (arguments, shown, fails) in [
        (
            &["check-config", "bad.yml"][..],
            "Checking 'bad.yml'  FAILED: bad.yml:1:19: route.receiver: undefined receiver \"x\" used in route",
            true,
        ),
        (
            &["check-config", "template.yml"],
            "  FAILED: templates: template: bad.tmpl:1",
            true,
        ),
        (&["check-config", "missing.yml"], "cannot be read", true),
        (&["check-config", "env.yml"], "SUCCESS", false),
        (
            &["check-config", "--config.expand-env", "env.yml"],
            "the environment has no variable \"AM_TOOLS_TEST\"",
            true,
        ),
    ] {
        let output = argand(folder.path(), arguments);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(shown), "{arguments:?}: {text}");
        assert_eq!(!output.status.success(), fails, "{arguments:?}");
    }
}
