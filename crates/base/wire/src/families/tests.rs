use proptest::prelude::*;

use super::*;

fn overlay() -> Overlay {
    Overlay::new(LabelPairs::from_pairs([("job", "j")]))
}

fn shown(body: &str) -> String {
    match read_text(body.as_bytes(), &overlay()) {
        Ok(read) => written(&read),
        Err(error) => error.to_string(),
    }
}

fn written(read: &Families) -> String {
    let mut out = String::new();
    for family in &read.families {
        write_head(&family.name, family.kind, family.help.as_deref(), &mut out);
        for metric in &family.metrics {
            write_metric(&family.name, metric, &mut out);
        }
    }
    out
}

#[test]
fn what_is_read_is_shown_with_the_labels_of_the_push() {
    for (body, expected) in [
        ("x 1\n", "# TYPE x untyped\nx{instance=\"\",job=\"j\"} 1\n"),
        (
            "# HELP x a\\nb\n#TYPE x Gauge\n x { a = \"\\\"\\n\" , instance=\"i\",} -0\n",
            "# HELP x a\\nb\n# TYPE x gauge\nx{a=\"\\\"\\n\",instance=\"i\",job=\"j\"} 0\n",
        ),
        (
            "x{job=\"other\",a=\"\"}1\n",
            "# TYPE x untyped\nx{a=\"\",instance=\"\",job=\"j\"} 1\n",
        ),
        (
            "# TYPE h histogram\nh_bucket{le=\"1\"} 1.7\nh_count -3\n",
            "# TYPE h histogram\nh_bucket{instance=\"\",job=\"j\",le=\"1\"} 1\n\
             h_bucket{instance=\"\",job=\"j\",le=\"+Inf\"} 1.8446744073709552e+19\n\
             h_sum{instance=\"\",job=\"j\"} 0\nh_count{instance=\"\",job=\"j\"} 1.8446744073709552e+19\n",
        ),
        (
            "# TYPE s summary\ns{quantile=\"0.5\"} 7\ns_sum 3\n",
            "# TYPE s summary\ns{instance=\"\",job=\"j\",quantile=\"0.5\"} 7\n\
             s_sum{instance=\"\",job=\"j\"} 3\ns_count{instance=\"\",job=\"j\"} 0\n",
        ),
        ("# HELP x only\n", ""),
    ] {
        assert_eq!(shown(body), expected, "{body}");
    }
}

#[test]
fn faults_are_told_in_the_words_of_upstream() {
    for (body, expected) in [
        ("x 1", "1: unexpected end of input stream"),
        (
            "\nx{a=1} 1\n",
            "2: expected '\"' at start of label value, found '1'",
        ),
        (
            "x{a\"1\"} 1\n",
            "1: expected '=' after label name, found '\"'",
        ),
        (
            "x{a=\"1} 1\n",
            "1: label value \"1} 1\" contains unescaped new-line",
        ),
        ("x{a=\"\\x\"} 1\n", "1: invalid escape sequence '\\x'"),
        ("x 1 2 3\n", "1: spurious string after timestamp: \" 3\""),
        ("x  1  \n", "1: expected integer as timestamp, got \"\""),
        ("# TYPE x foo\n", "1: unknown metric type \"foo\""),
    ] {
        assert_eq!(
            shown(body),
            format!("text format parsing error in line {expected}"),
            "{body}"
        );
    }
}

#[test]
fn messages_keep_all_of_a_family() {
    let body = "# HELP c help\n# TYPE c counter\nc{a=\"\"} 1\nc NaN\n# TYPE h histogram\n\
                h_bucket{le=\"1\"} 1\nh_sum 2\nh_count 3\n# TYPE s summary\ns{quantile=\"0.5\"} 1\nu 4\n";
    let read = read_text(body.as_bytes(), &overlay()).unwrap();
    let mut bytes = Vec::new();
    for family in &read.families {
        write_protobuf(family, &mut bytes);
    }
    let again = read_protobuf(&bytes, &Overlay::default()).unwrap();
    assert_eq!(written(&again), written(&read));
    assert_eq!(again.families.len(), 4);
    assert!(read_protobuf(&bytes[..bytes.len() - 1], &overlay()).is_err());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, text in "[#a-z_{}\"=,0-9\\\\ \nTYPEHL]{0,80}") {
        let _ = read_text(&bytes, &overlay());
        let _ = read_text(text.as_bytes(), &overlay());
        let _ = read_protobuf(&bytes, &overlay());
    }

    #[test]
    fn labels_come_back(pairs in proptest::collection::btree_map(".{0,5}", ".{0,200}", 0..5)) {
        let labels = LabelPairs::from_pairs(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        let back: Vec<(&str, &str)> = labels.iter().collect();
        let given: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        prop_assert_eq!(back, given);
    }
}
