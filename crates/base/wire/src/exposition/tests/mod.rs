mod properties;
mod writing;

use model::LabelsBuilder;

use super::*;

/// What a body says, one word for each entry, up to its first fault.
fn read(body: &[u8], format: Format) -> Vec<String> {
    let mut said = Vec::new();
    let mut parser = TextParser::new(body, format);
    while let Some(entry) = parser.next() {
        said.push(match entry.and_then(|entry| show(entry, format)) {
            Ok(shown) => shown,
            Err(error) => error.to_string(),
        });
    }
    said
}

fn show(entry: Entry<'_>, format: Format) -> Result<String, ParseError> {
    Ok(match entry {
        Entry::Series(line) => {
            let mut labels = LabelsBuilder::new();
            parse_series(line.series, format, &mut labels)?;
            let mut shown = format!("{} {}", labels.build(), line.value);
            if let Some(time) = line.timestamp {
                shown += &format!(" @{time}");
            }
            if let Some(exemplar) = line.exemplar {
                let exemplar = exemplar.parse()?;
                shown += &format!(
                    " # {} {} {:?}",
                    exemplar.labels, exemplar.value, exemplar.time
                );
            }
            shown
        }
        Entry::Histogram(_) => unreachable!("of protobuf only"),
        Entry::Type { metric, kind } => format!("type {metric} {}", kind.as_str()),
        Entry::Help { metric, text } => format!("help {metric} {text:?}"),
        Entry::Unit { metric, unit } => format!("unit {metric} {unit}"),
        Entry::Comment => "comment".to_owned(),
    })
}

#[test]
fn prometheus_bodies() {
    for (body, said) in [
        ("", &[][..]),
        ("\n \n\t\n", &[]),
        ("a 1", &[r#"{__name__="a"} 1"#]),
        ("a 1\n", &[r#"{__name__="a"} 1"#]),
        (" \ta:b\t+1.5e3 \t 12 \n", &[r#"{__name__="a:b"} 1500 @12"#]),
        ("a{} -Inf\n", &[r#"{__name__="a"} -inf"#]),
        ("a{b=\"c\"}1\n", &[r#"{__name__="a", b="c"} 1"#]),
        ("a{b=\"\"} NaN\n", &[r#"{__name__="a"} NaN"#]),
        (
            "a{b=\"\",b=\"c\",b=\"\"} 1\n",
            &[r#"{__name__="a", b="c"} 1"#],
        ),
        (
            "a { b = \"c\" , d = \"}{\" , } 1\n",
            &[r#"{__name__="a", b="c", d="}{"} 1"#],
        ),
        // Upstream does not miss a comma.
        (
            "a{b=\"c\"d=\"e\"} 1\n",
            &[r#"{__name__="a", b="c", d="e"} 1"#],
        ),
        (
            "a{b=\"\\\\ \\\" \\n \\x é\"} 1\n",
            &[r#"{__name__="a", b="\\ \" \n \\x é"} 1"#],
        ),
        // Neither a line feed in a value.
        (
            "a{b=\"c\nd\"} 1\nb 2",
            &[r#"{__name__="a", b="c\nd"} 1"#, r#"{__name__="b"} 2"#],
        ),
        (
            "{\"na.me\",\"la.bel\"=\"v\"} 1\n",
            &[r#"{__name__="na.me", "la.bel"="v"} 1"#],
        ),
        ("{b=\"c\",\"name\"} 1\n", &[r#"{__name__="name", b="c"} 1"#]),
        (
            "# HELP a  b \\\\ \\n \\\" c\n",
            &[r#"help a " b \\ \n \\\" c""#],
        ),
        (
            "# HELP a\n# HELP \"a.b\" c",
            &[r#"help a """#, r#"help a.b "c""#],
        ),
        ("#\t TYPE \ta counter\n", &["type a counter"]),
        (
            "# TYPE a untyped\n# TYPE a summary",
            &["type a unknown", "type a summary"],
        ),
        (
            "#\n# \n#HELP a b\n# HELPa b\n# EOF\n# UNIT a_s s",
            &["comment"; 6],
        ),
    ] {
        assert_eq!(read(body.as_bytes(), Format::Text004), said, "{body:?}");
        assert_eq!(read(body.as_bytes(), Format::Text100), said, "{body:?}");
    }
}

#[test]
fn faulty_prometheus_bodies() {
    for (body, fault) in [
        (
            "a\n",
            "line 1: expected a value after the metric, got the end of the line",
        ),
        (
            "b 1\n\na abc\nc 1",
            "line 3: expected a value after the metric, got \"abc\"",
        ),
        (
            "a 1\r\n",
            "line 1: expected a value after the metric, got \"1\\r\"",
        ),
        (
            "a 0x1p3\n",
            "line 1: expected a value after the metric, got \"0x1p3\"",
        ),
        (
            "a 1_0\n",
            "line 1: expected a value after the metric, got \"1_0\"",
        ),
        (
            "a 1e999\n",
            "line 1: expected a value after the metric, got \"1e999\"",
        ),
        (
            "a 1 -5\n",
            "line 1: expected a timestamp or the end of the line, got \"-5\"",
        ),
        (
            "a 1 1.5\n",
            "line 1: expected a timestamp or the end of the line, got \"1.5\"",
        ),
        (
            "a 1 5 6\n",
            "line 1: expected the next entry after the timestamp, got \"6\"",
        ),
        (
            "a 1 # {} 1\n",
            "line 1: expected the next entry after the timestamp, got \"{} 1\"",
        ),
        ("1a 1\n", "line 1: expected a metric name, got \"1a 1\""),
        ("b 1\n\r\n", "line 2: expected a metric name, got \"\\r\""),
        (
            "a{b=\"c} 1\nd 2\n",
            "line 1: braces or quotes are not closed in \"a{b=\\\"c} 1\"",
        ),
        (
            "# TYPE a Counter\n",
            "line 1: invalid metric type \"Counter\"",
        ),
        (
            "# TYPE a  counter\n",
            "line 1: invalid metric type \" counter\"",
        ),
        ("# TYPE a info\n", "line 1: invalid metric type \"info\""),
        ("# HELP 1\n", "line 1: expected a metric name, got \"1\""),
        (
            "# TYPE\t\n",
            "line 1: expected a metric name, got the end of the line",
        ),
    ] {
        let said = read(body.as_bytes(), Format::Text004);
        assert_eq!(said.last().map(String::as_str), Some(fault), "{body:?}");
    }
    let said = read(b"x 1\n# HELP a \xff\n", Format::Text004);
    assert!(said[1].starts_with("line 2: help text"), "{said:?}");
    let long = format!("a {}\n", "x".repeat(1000));
    assert!(read(long.as_bytes(), Format::Text004)[0].len() < 200);
}

#[test]
fn faulty_series() {
    for (series, reason) in [
        ("{}", r#""{}" has no metric name"#),
        ("{b=\"c\"}", r#""{b=\"c\"}" has no metric name"#),
        ("{\"\"}", r#""{\"\"}" has no metric name"#),
        ("a{\"b\"}", r#"expected "=" after a label name, got "}""#),
        (
            "{\"a\",\"b\"}",
            r#"expected "=" after a label name, got "}""#,
        ),
        ("a{b}", r#"expected "=" after a label name, got "}""#),
        ("a{b=c}", r#"expected a label value in quotes, got "c}""#),
        (
            "a{b:c=\"d\"}",
            r#"expected "=" after a label name, got ":c=\"d\"}""#,
        ),
        ("a{,}", r#"expected a label name, got ",}""#),
        ("a{b=\"c\",,}", r#"expected a label name, got ",}""#),
        ("a{1=\"c\"}", r#"expected a label name, got "1=\"c\"}""#),
        (
            "a{\"\"=\"c\"}",
            r#"expected a label name, got "\"\"=\"c\"}""#,
        ),
        (
            "a{b=\"c\",b=\"d\"}",
            r#"label name "b" is not unique: invalid sample"#,
        ),
        (
            "a{__name__=\"c\"}",
            r#"label name "__name__" is not unique: invalid sample"#,
        ),
        ("a b", r#"expected the end of the series, got "b""#),
    ] {
        let mut labels = LabelsBuilder::new();
        let error = parse_series(series.as_bytes(), Format::Text004, &mut labels).unwrap_err();
        assert_eq!(error.reason, reason, "{series}");
    }
    for (series, format) in [
        (&b"a{b=\"\xff\"}"[..], Format::Text004),
        (b"{\"\xff\"}", Format::Text100),
        (b"a{b=\"c\"d=\"e\"}", Format::OpenMetrics100),
        (b"a{b= \"c\"}", Format::OpenMetrics100),
        (b"a {b=\"c\"}", Format::OpenMetrics100),
        (b"a{b=\"c\nd\"}", Format::OpenMetrics001),
    ] {
        let mut labels = LabelsBuilder::new();
        assert!(
            parse_series(series, format, &mut labels).is_err(),
            "{series:?}"
        );
    }
}

#[test]
fn open_metrics_bodies() {
    for (body, said) in [
        ("# EOF", &[][..]),
        ("# EOF\n", &[]),
        (
            "# TYPE a_s counter\n# UNIT a_s s\n# HELP a_s \\\"b\\\" \\\\ \\n\n# EOF\n",
            &[
                "type a_s counter",
                "unit a_s s",
                r#"help a_s "\"b\" \\ \n""#,
            ],
        ),
        (
            "# TYPE a info\n# TYPE a stateset\n# TYPE a gaugehistogram\n# TYPE a unknown\n# EOF",
            &[
                "type a info",
                "type a stateset",
                "type a gaugehistogram",
                "type a unknown",
            ],
        ),
        ("# UNIT a \n# HELP a \n# EOF", &["unit a ", r#"help a """#]),
        (
            "a_total{b=\"c\",} 1 1.5\na_created 12\n# EOF\n",
            &[
                r#"{__name__="a_total", b="c"} 1 @1500"#,
                r#"{__name__="a_created"} 12"#,
            ],
        ),
        ("a 1 -0.0015\n# EOF", &[r#"{__name__="a"} 1 @-1"#]),
        (
            "a 1 # {b=\"c\"} 2\na 1 5 # {} NaN 1.25\n# EOF\n",
            &[
                r#"{__name__="a"} 1 # {b="c"} 2 None"#,
                r#"{__name__="a"} 1 @5000 # {} NaN Some(1250)"#,
            ],
        ),
        (
            "{\"na.me\",b=\"c\"} 1\n# EOF\n",
            &[r#"{__name__="na.me", b="c"} 1"#],
        ),
    ] {
        assert_eq!(
            read(body.as_bytes(), Format::OpenMetrics100),
            said,
            "{body:?}"
        );
    }
}

#[test]
fn faulty_open_metrics_bodies() {
    for (body, fault) in [
        ("", "line 1: data does not end with # EOF"),
        ("a 1\n", "line 2: data does not end with # EOF"),
        ("a 1", "line 1: data does not end with # EOF"),
        ("# EOF\n\n", "line 2: unexpected data after # EOF"),
        ("a 1\n# EOF\nb 1\n", "line 3: unexpected data after # EOF"),
        (
            "\n# EOF\n",
            "line 1: expected a metric name, got the end of the line",
        ),
        (
            " a 1\n# EOF\n",
            "line 1: expected a metric name, got \" a 1\"",
        ),
        (
            "a  1\n# EOF\n",
            "line 1: expected a value after the metric, got \" 1\"",
        ),
        (
            "a\t1\n# EOF\n",
            "line 1: expected a value after the metric, got \"\\t1\"",
        ),
        (
            "a 1 \n# EOF\n",
            "line 1: expected a timestamp or # symbol, got the end of the line",
        ),
        (
            "a 1 x\n# EOF\n",
            "line 1: expected a timestamp or # symbol, got \"x\"",
        ),
        ("a 1 NaN\n# EOF\n", "line 1: invalid timestamp \"NaN\""),
        (
            "a 1 2 3\n# EOF\n",
            "line 1: expected the next entry after the timestamp, got \" 3\"",
        ),
        (
            "# a comment\n# EOF\n",
            "line 1: expected HELP, TYPE, UNIT or EOF behind \"# \", got \"# a comment\"",
        ),
        (
            "# TYPE a untyped\n# EOF\n",
            "line 1: invalid metric type \"untyped\"",
        ),
        (
            "# HELP a\n# EOF\n",
            "line 1: expected a text behind the metric name, got the end of the line",
        ),
        (
            "# UNIT a s\n# EOF\n",
            "line 1: unit \"s\" not a suffix of metric \"a\"",
        ),
        (
            "# UNIT as s\n# EOF\n",
            "line 1: unit \"s\" not a suffix of metric \"as\"",
        ),
        (
            "b 1\na 1 # {b} 1\n# EOF\n",
            "line 2: expected \"=\" after a label name, got \"} 1\"",
        ),
        (
            "a 1 # {\"b\"} 1\n# EOF\n",
            "line 1: expected \"=\" after a label name, got \"} 1\"",
        ),
        (
            "a 1 # {b=\"c\"}\n# EOF\n",
            "line 1: expected a value after the exemplar labels, got the end of the line",
        ),
        (
            "a 1 # {b=\"c\"} 1 2 3\n# EOF\n",
            "line 1: expected the end of the line after the exemplar, got \" 3\"",
        ),
    ] {
        let said = read(body.as_bytes(), Format::OpenMetrics100);
        assert!(said.iter().any(|one| one == fault), "{body:?}: {said:?}");
    }
}

#[test]
fn an_expected_series_is_taken_only_where_it_stands() {
    for (body, series, format, value) in [
        ("a 1\n", "a", Format::Text004, Some(1.0)),
        ("a 1", "a", Format::Text004, Some(1.0)),
        ("a\t1 5\n", "a", Format::Text004, Some(1.0)),
        ("a{b=\"c\"} 1\n", "a{b=\"c\"}", Format::Text004, Some(1.0)),
        (
            "a 0.1234567890123456789\n",
            "a",
            Format::Text004,
            Some(0.123_456_789_012_345_68),
        ),
        ("ab 1\n", "a", Format::Text004, None),
        ("a{b=\"c\"} 1\n", "a", Format::Text004, None),
        ("a {b=\"c\"} 1\n", "a", Format::Text004, None),
        ("a \t {b=\"c\"} 1\n", "a", Format::Text004, None),
        ("a{b=\"c\"}1\n", "a{b=\"c\"}", Format::Text004, None),
        (" 1\n", "", Format::Text004, None),
        ("a", "a", Format::Text004, None),
        ("a 1\n# EOF\n", "a", Format::OpenMetrics100, Some(1.0)),
        (
            "a 1 # {b=\"c\"} 1\n# EOF\n",
            "a",
            Format::OpenMetrics100,
            Some(1.0),
        ),
        ("a\t1\n# EOF\n", "a", Format::OpenMetrics100, None),
    ] {
        let mut parser = Parser::new(body.as_bytes(), format);
        let line = parser.next_if_known(series.len(), |known| known == series.as_bytes());
        assert_eq!(
            line.map(|line| line.unwrap().value),
            value,
            "{body:?} {series}"
        );
        if value.is_none() {
            let mut fresh = Parser::new(body.as_bytes(), format);
            assert_eq!(parser.next(), fresh.next(), "{body:?}");
        }
    }
    let mut parser = TextParser::new(b"a 1\n\na x\na 1\n", Format::Text004);
    assert!(
        parser
            .next_if_known(1, |known| known == b"a")
            .is_some_and(|line| line.is_ok())
    );
    assert_eq!(parser.next_if_known(1, |known| known == b"a"), None);
    let error = parser.next().unwrap().unwrap_err();
    assert_eq!((error.line, parser.line()), (3, 3));
    assert_eq!(parser.next_if_known(1, |known| known == b"a"), None);
    assert_eq!(parser.next(), None);
    let mut parser = TextParser::new(b"# c\na x\n", Format::Text004);
    parser.next();
    assert_eq!(
        parser
            .next_if_known(1, |known| known == b"a")
            .unwrap()
            .unwrap_err()
            .line,
        2
    );
    assert_eq!(parser.next(), None);
}
