use model::{Family, FamilyKind, Labels, Point, PointValue};
use proptest::prelude::*;

use super::*;

/// Bodies that are right, and nearly right.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => "[ab]{1,2}(\\{(b=\"[^\"\\\\]{0,3}\",?){0,2}\\})? [0-9.e+-]{1,6}",
        2 => "[ab] ?\\{\"?[abc=\", \\\\]{0,8}\\} [0-9]( [0-9]{1,3})?",
        2 => "a 1( 2)? # \\{b=\"c\"\\} [0-9](\\.[0-9])?",
        2 => "# (HELP|TYPE|UNIT) [a-c] (counter|gauge|b|é)?",
        1 => "[ #\\t]{0,3}",
        1 => "[a-c#{}=\" \\\\\\t0-9]{0,12}",
        1 => Just("# EOF".to_owned()),
        1 => ".{0,8}",
    ];
    (proptest::collection::vec(line, 0..8), any::<bool>()).prop_map(|(lines, eof)| {
        let mut body = lines.join("\n");
        if eof {
            body += "\n# EOF\n";
        }
        body.into_bytes()
    })
}

fn any_format() -> impl Strategy<Value = Format> {
    prop_oneof![
        Just(Format::Text004),
        Just(Format::Text100),
        Just(Format::OpenMetrics100)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_bytes_stop_a_parser(body: Vec<u8>, near in body(), format in any_format()) {
        for body in [&body, &near] {
            read(body, format);
            read(body, Format::Protobuf);
            let mut parser = Parser::new(body, Format::Protobuf);
            while let Some(Ok(_)) = parser.next() {}
        }
    }

    /// The two ways through a body tell the same.
    #[test]
    fn an_expected_series_is_what_would_have_come(body in body(), format in any_format()) {
        let mut known = Vec::new();
        let mut plain = TextParser::new(&body, format);
        let mut told = Vec::new();
        while let Some(entry) = plain.next() {
            if let Ok(Entry::Series(line)) = &entry {
                known.push(line.series);
            }
            told.push((format!("{entry:?}"), plain.line()));
        }
        known.push(b"a");
        let mut parser = TextParser::new(&body, format);
        for (wanted, line) in told {
            let quick = known.iter().find_map(|one| parser.next_if_known(one.len(), |series| series == *one));
            let entry = match quick {
                Some(line) => Some(line.map(Entry::Series)),
                None => parser.next(),
            };
            prop_assert_eq!(entry.map(|entry| format!("{entry:?}")), Some(wanted));
            prop_assert_eq!(parser.line(), line);
        }
        prop_assert_eq!(parser.next(), None);
    }

    #[test]
    fn what_is_written_is_read(families in families()) {
        for (format, write) in [
            (Format::Text100, write::text as fn(&[Family], &mut String)),
            (Format::OpenMetrics100, write::open_metrics),
        ] {
            let mut out = String::new();
            write(&families, &mut out);
            let said = read(out.as_bytes(), format);
            prop_assert!(!said.iter().any(|one| one.starts_with("line ")), "{said:?}\n{out}");
            for family in &families {
                for point in &family.points {
                    let PointValue::Number(value) = point.value else { continue };
                    let mut labels = point.labels.to_builder();
                    labels.set(model::METRIC_NAME, &family.name);
                    let wanted = format!("{} {}", labels.build(), value);
                    prop_assert!(said.contains(&wanted), "{wanted} in {said:?}");
                }
                if !family.points.is_empty() {
                    let help = format!("{:?}", family.help);
                    prop_assert!(said.iter().any(|one| one.ends_with(&help)), "{help} in {said:?}");
                }
            }
        }
    }
}

fn families() -> impl Strategy<Value = Vec<Family>> {
    let value = prop_oneof![
        3 => any::<f64>().prop_map(PointValue::Number),
        1 => (any::<u64>(), any::<f64>()).prop_map(|(count, sum)| PointValue::Histogram {
            buckets: vec![(0.5, 1), (1.0, count)],
            sum,
            count,
        }),
        1 => (any::<u64>(), any::<f64>()).prop_map(|(count, sum)| PointValue::Summary {
            quantiles: vec![(0.5, sum)],
            sum,
            count,
        }),
    ];
    let label = ("[a-c]{1,2}|[a-c]\\.é", "(?s).{0,6}");
    let point = (proptest::collection::vec(label, 0..3), value).prop_map(|(labels, value)| Point {
        labels: Labels::from_pairs(labels),
        value,
    });
    let kind = prop_oneof![
        Just(FamilyKind::Counter),
        Just(FamilyKind::Gauge),
        Just(FamilyKind::Unknown),
        Just(FamilyKind::Info),
    ];
    let name = "[a-c]{3}(_total|_info|\\.x)?";
    let family = (
        name,
        "(?s).{0,8}",
        kind,
        proptest::collection::vec(point, 0..3),
    );
    let family = family.prop_map(|(name, help, kind, points)| Family {
        name,
        help,
        kind,
        points,
    });
    proptest::collection::vec(family, 0..4)
}
