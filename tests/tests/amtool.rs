//! Debian's amtool says the same of Argand's Alertmanager as of the original.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use argand_tests::alerting::Alertmanager;
use argand_tests::installed;

const CONFIG: &str = "
route:
  receiver: all
  group_by: [alertname]
  routes: [{matchers: ['severity=\"critical\"'], receiver: pager}]
receivers: [{name: all}, {name: pager}]
";

struct Tool<'a> {
    program: &'a Path,
    alertmanager: Alertmanager,
    /// What was asked and said, without what differs from run to run.
    said: String,
}

impl Tool<'_> {
    fn ask(&mut self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(self.program)
            .arg(format!(
                "--alertmanager.url={}",
                self.alertmanager.server.url
            ))
            .arg("--no-version-check")
            .args(arguments)
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let error = String::from_utf8(output.stderr)?;
        let answer = format!("{text}{error}");
        self.said.push_str(&format!(
            "$ {}\n{}({})\n",
            without_chance(&arguments.join(" ")),
            without_chance(&answer),
            output.status.success()
        ));
        Ok(text.trim().to_owned())
    }
}

/// UUIDs and this year's moments differ from run to run.
fn without_chance(text: &str) -> String {
    let word = |word: &str| {
        let dashes = word.matches('-').count();
        if dashes == 4 && word.len() == 36 {
            "ID".to_owned()
        } else {
            word.to_owned()
        }
    };
    let lines = text.lines().map(|line| {
        let words: Vec<String> = line.split_whitespace().map(word).collect();
        let clock = |w: &String| w.matches(':').count() == 2 && w.len() == 8 && w != "00:00:00";
        let date =
            |w: &String| w.matches('-').count() == 2 && w.len() == 10 && !w.starts_with("2100");
        let kept: Vec<String> = words
            .into_iter()
            .filter(|w| !clock(w) && !date(w))
            .collect();
        kept.join(" ") + "\n"
    });
    lines.collect()
}

fn talk(program: &Path, alertmanager: Alertmanager, folder: &Path) -> Result<String> {
    let mut tool = Tool {
        program,
        alertmanager,
        said: String::new(),
    };
    tool.ask(&[
        "alert",
        "add",
        "A",
        "n=1",
        "severity=critical",
        "--annotation=summary=hello",
    ])?;
    tool.ask(&[
        "alert",
        "add",
        "B",
        "n=2",
        "--end=2100-01-01T00:00:00Z",
        "--generator-url=http://x/y",
    ])?;
    tool.ask(&["alert", "add"])?;
    tool.ask(&["alert", "query"])?;
    tool.ask(&["alert", "query", "-o", "extended", "B"])?;
    tool.ask(&["alert", "query", "n=~1|3"])?;
    tool.ask(&["alert", "query", "--receiver=pager"])?;
    let added = tool.ask(&[
        "silence",
        "add",
        "alertname=A",
        "--author=me",
        "--comment=why",
        "--duration=2h",
    ])?;
    ensure!(added.len() == 36, "an id: {added}");
    tool.ask(&[
        "silence",
        "add",
        "alertname=~.*",
        "--author=me",
        "--comment=why",
    ])?;
    tool.ask(&["silence", "query"])?;
    tool.ask(&["alert", "query"])?;
    tool.ask(&["alert", "query", "--silenced"])?;
    tool.ask(&[
        "silence",
        "update",
        "--duration=4h",
        "--comment=more",
        &added,
    ])?;
    tool.ask(&["silence", "query", "alertname=A"])?;
    tool.ask(&["silence", "expire", &added])?;
    tool.ask(&["silence", "query"])?;
    tool.ask(&["silence", "query", "--expired"])?;
    let import = folder.join("silences.json");
    let silences = r#"[{"matchers":[{"name":"a","value":"b|c","isRegex":true}],"startsAt":"2020-01-01T00:00:00Z","endsAt":"2100-01-01T00:00:00Z","createdBy":"x","comment":"c"}]"#;
    std::fs::write(&import, silences)?;
    let file = import.display().to_string();
    tool.said.push_str("importing\n");
    let imported = tool.ask(&["silence", "import", &file])?;
    ensure!(imported.len() == 36, "an id: {imported}");
    tool.ask(&["silence", "query", "a=~b|c"])?;
    tool.ask(&["cluster", "show"])?;
    let config = tool.ask(&["config", "show"])?;
    ensure!(config.contains("receiver: pager"), "{config}");
    Ok(tool.said)
}

#[test]
fn amtool_works_as_with_the_original() {
    let (Some(program), Some(original)) =
        (installed("amtool"), installed("prometheus-alertmanager"))
    else {
        return;
    };
    let (mine, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let argand = Alertmanager::argand(mine.path(), CONFIG).unwrap();
    let original = Alertmanager::original(&original, theirs.path(), CONFIG).unwrap();
    let shown = |text: String, folder: &Path| {
        // The configuration names what each version knows of; it is looked at while talking.
        let (before, _) = text.split_once("$ config show").unwrap();
        before.replace(&folder.display().to_string(), "FOLDER")
    };
    let found = shown(talk(&program, argand, mine.path()).unwrap(), mine.path());
    let expected = shown(
        talk(&program, original, theirs.path()).unwrap(),
        theirs.path(),
    );
    // The wording of a refusal changed between the versions.
    assert_eq!(
        found.replace("invalid silence:", "silence invalid:"),
        expected
    );
}
