//! Debian's amtool says the same of Argand's Alertmanager as of the original, and `argand am` says
//! what amtool says.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use argand_tests::alerting::Alertmanager;
use argand_tests::{binary, installed};

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
    /// What stands before the arguments.
    words: &'a [&'a str],
    /// What was asked and said, without what differs from run to run.
    said: String,
}

impl Tool<'_> {
    fn ask(&mut self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(self.program)
            .args(self.words)
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

fn talk(
    (program, words): (&Path, &[&str]),
    alertmanager: Alertmanager,
    folder: &Path,
) -> Result<String> {
    let mut tool = Tool {
        program,
        words,
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
    let found = shown(
        talk((&program, &[]), argand, mine.path()).unwrap(),
        mine.path(),
    );
    let expected = shown(
        talk((&program, &[]), original, theirs.path()).unwrap(),
        theirs.path(),
    );
    // The wording of a refusal changed between the versions.
    assert_eq!(
        found.replace("invalid silence:", "silence invalid:"),
        expected
    );
}

#[test]
fn argand_am_works_as_amtool_does() {
    let (Some(amtool), Some(original)) =
        (installed("amtool"), installed("prometheus-alertmanager"))
    else {
        return;
    };
    let argand = binary().unwrap();
    let said = |tool: (&Path, &[&str])| {
        let folder = tempfile::tempdir().unwrap();
        let server = Alertmanager::original(&original, folder.path(), CONFIG).unwrap();
        let said = talk(tool, server, folder.path()).unwrap();
        said.replace(&folder.path().display().to_string(), "FOLDER")
    };
    assert_eq!(said((&argand, &["am"])), said((&amtool, &[])));
}

#[test]
fn argand_am_shows_what_amtool_shows() {
    let (Some(amtool), Some(original)) =
        (installed("amtool"), installed("prometheus-alertmanager"))
    else {
        return;
    };
    let argand = binary().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = Alertmanager::original(&original, folder.path(), CONFIG).unwrap();
    let url = format!("--alertmanager.url={}", server.server.url);
    let run = |program: &Path, words: &[&str], line: &str, home: &Path| {
        let arguments = line.split(' ').map(|word| word.replace('_', " "));
        let output = Command::new(program)
            .env("HOME", home)
            .current_dir(home)
            .args(words)
            .arg(&url)
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            text(output.stdout),
            text(output.stderr),
            output.status.code(),
        )
    };
    for line in [
        "alert add A n=1 --annotation=summary=a_<b> --generator-url=http://g/h",
        "alert add B n=2 --annotation=x=y --end=2100-01-01T00:00:00Z",
        "silence add alertname=~B|C n!=3 -a me -c my_why",
        "silence add x!~y --author=you --comment=c --start=2099-01-01T00:00:00+01:00 --duration=1w",
    ] {
        let said = run(&amtool, &[], line, folder.path());
        assert_eq!(said.2, Some(0), "{line}: {said:?}");
    }
    let http = "basic_auth: {username: a, password: b}\n";
    std::fs::write(folder.path().join("http.yml"), http).unwrap();
    for line in [
        "alert",
        "alert query",
        "alert A",
        "alert query -o extended",
        "alert query -o json",
        "alert query nothing",
        "alert query n=~1|2 -r al.*",
        "alert query -s -i -u",
        "silence",
        "silence -o extended",
        "silence query -o json",
        "silence query -q",
        "silence query --created-by=you",
        "silence query --within=30m",
        "silence query --within=2h",
        "silence query --expired",
        "silence query n!=3",
        "silence expire 11111111-1111-1111-1111-111111111111",
        "silence expire abc",
        "silence expire",
        "silence update",
        "silence update 11111111-1111-1111-1111-111111111111",
        "silence add a=b",
        "silence add a=b -c x -d 0s",
        "silence add a=b -c x -d 1x",
        "silence add a=b -c x --start=bad",
        "silence add a=b -c x --start=2030-01-01T00:00:00Z --end=2029-01-01T00:00:00Z",
        "silence add",
        "silence add a=~.* -c x",
        "alert add",
        "alert add x=1 y!=2",
        "cluster",
        "cluster show -o extended",
        "cluster -o json",
        "config",
        "config show",
        "config -o json",
        "config routes",
        "config routes show",
        "config routes test severity=critical",
        "--date.format=Mon_Jan_2_15:04:05.000_2006 silence",
        "--no-version-check --timeout=1s alert",
        "--http.config.file=http.yml alert query",
        "alert --http.config.file=http.yml A",
    ] {
        assert_eq!(
            run(&argand, &["am"], line, folder.path()),
            run(&amtool, &[], line, folder.path()),
            "{line}"
        );
    }
    for line in ["alert --what", "what", "silence import absent"] {
        let code = |said: (String, String, Option<i32>)| said.2;
        assert_eq!(
            code(run(&argand, &["am"], line, folder.path())),
            code(run(&amtool, &[], line, folder.path())),
            "{line}"
        );
    }
    // What stands in the user's file is as good as a flag.
    let settings = folder.path().join(".config/prometheus/amtool.yml");
    std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
    std::fs::write(
        &settings,
        "output: extended\nauthor: somebody\ncomment_required: false\ndate.format: 2006\n",
    )
    .unwrap();
    for line in ["silence query", "alert"] {
        assert_eq!(
            run(&argand, &["am"], line, folder.path()),
            run(&amtool, &[], line, folder.path()),
            "{line}"
        );
    }
    let added = run(&argand, &["am"], "silence add z=1", folder.path());
    assert_eq!(added.2, Some(0), "{added:?}");
    let found = run(
        &amtool,
        &[],
        "silence query --created-by=somebody",
        folder.path(),
    );
    assert_eq!(found.0.lines().count(), 2, "{found:?}");
}
