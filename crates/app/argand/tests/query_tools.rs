//! The commands that read queries: `argand promql format` and `argand test promql`, as their users
//! run them.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::process::Command;

/// Exit code, standard output and standard error of a command line.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_argand"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_query_is_formatted_or_refused() {
    let long = "sum(rate(a_rather_long_metric_name{with=\"a label\"}[5m]))by(job)/ignoring(x)group_left count(another_rather_long_metric_name)";
    for (query, code, out) in [
        ("sum(a)by(b)", 0, "sum by (b) (a)\n"),
        ("a[5m:1m]  @end()", 0, "a[5m:1m] @ end()\n"),
        (
            long,
            0,
            "  sum by (job) (rate(a_rather_long_metric_name{with=\"a label\"}[5m]))\n/ ignoring (x) group_left ()\n  count(another_rather_long_metric_name)\n",
        ),
        ("sum(", 1, ""),
    ] {
        let (got, stdout, stderr) = run(&["promql", "format", query]);
        assert_eq!((got, stdout.as_str()), (Some(code), out), "{query}");
        assert_eq!(stderr.is_empty(), code == 0, "{query}: {stderr}");
    }
    let (_, _, stderr) = run(&["promql", "format", "sum("]);
    assert_eq!(
        stderr, "1:5: parse error: unclosed left parenthesis\n",
        "in upstream's words"
    );
}

#[test]
fn a_query_is_explained_as_text_and_as_json() {
    let (code, stdout, _) = run(&["promql", "explain", "sum by (job) (rate(a_total[5m]))"]);
    assert_eq!(code, Some(0));
    assert!(
        stdout.starts_with("fold sum  [columns: job]\n└─ window rate  [series by series]\n"),
        "{stdout}"
    );
    let (code, stdout, _) = run(&["promql", "explain", "--json", "sum(a)"]);
    let plan: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &plan["operator"]), (Some(0), &"fold sum".into()));
    let (code, _, stderr) = run(&["promql", "explain", "sum("]);
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with("1:5: parse error"), "{stderr}");
}

const SCRIPT: &str = "\
load 1m
  a{b=\"c\"} 1 2 3

eval instant at 1m a
  a{b=\"c\"} 2
# A comment ends a block, and so does a number.
eval instant at 1m scalar(a)
  2
eval instant at 1m a
  a{b=\"c\"} 3

eval range from 0 to 2m step 1m a
  a{b=\"c\"} 1 2 3

eval instant at 2m a[2m]
  expect range vector from 1m to 2m step 1m
  a{b=\"c\"} 2 3

eval instant at 0 (\"text\")
  expect string \"text\"

eval instant at 1m rate(a)
  expect fail regex: expected type range vector
";

#[test]
fn scripts_are_run_and_what_differs_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let script = write("a.test", SCRIPT);
    let right = SCRIPT.replace("a{b=\"c\"} 3\n\neval range", "a{b=\"c\"} 2\n\neval range");
    let right = write("b.test", &right);
    let unreadable = write("c.test", &format!("{SCRIPT}\nnonsense\n"));

    let (code, out, _) = run(&["test", "promql", &right]);
    assert_eq!((code, out.as_str()), (Some(0), "7 passed, 0 failed\n"));

    let (code, out, _) = run(&["test", "promql", &script, &unreadable]);
    let lines: Vec<&str> = out.lines().collect();
    let differs = ": a: expected {__name__=\"a\", b=\"c\"} 3; got {__name__=\"a\", b=\"c\"} 2;";
    let expected = [
        format!("{script}:9{differs}"),
        format!("{unreadable}:9{differs}"),
        format!("{unreadable}:25: unknown command \"nonsense\""),
        "12 passed, 3 failed".to_owned(),
    ];
    assert_eq!(lines, expected);
    assert_eq!(code, Some(1));

    for arguments in [&["test", "promql"][..], &["test"], &["test", "nothing"]] {
        assert_eq!(run(arguments).0, Some(1), "{arguments:?}");
    }
    let (code, out, _) = run(&["test", "promql", "/nowhere/at/all.test"]);
    assert_eq!(code, Some(1));
    assert!(out.ends_with("0 passed, 1 failed\n"), "{out}");
}
