use proptest::prelude::*;

use super::*;

fn label(value: &str) -> Result<String, Malformed> {
    let json = format!(
        r#"{{"resourceMetrics":[{{"resource":{{"attributes":[{{"key":"k","value":{value}}}]}}}}]}}"#
    );
    let mut request = Vec::new();
    from_json(json.as_bytes(), &mut request).unwrap();
    let resource = resources(&request).next().unwrap()?;
    let mut text = String::new();
    let value = resource.attributes().get("k")?.unwrap();
    value.write(&mut text).map(|()| text)
}

#[test]
fn a_label_has_a_value_as_upstream_writes_it() {
    let check = |value: &str, expected: &str| {
        assert_eq!(label(value).as_deref(), Ok(expected), "{value}");
    };
    check(r#"{"stringValue":"a\u00e9\ud83d\ude00\"\n"}"#, "aé😀\"\n");
    check(r#"{"string_value":"snake"}"#, "snake");
    check(r#"{"boolValue":true}"#, "true");
    check(r#"{"intValue":"-9007199254740993"}"#, "-9007199254740993");
    check(r#"{"intValue":7}"#, "7");
    check(r#"{"doubleValue":0.1}"#, "0.1");
    check(r#"{"doubleValue":1e21}"#, "1e+21");
    check(r#"{"doubleValue":-2.5e-7}"#, "-2.5e-7");
    check(r#"{"doubleValue":3}"#, "3");
    check(r#"{"doubleValue":"NaN"}"#, "NaN");
    check(r#"{"doubleValue":"-Infinity"}"#, "-Infinity");
    check(r#"{"bytesValue":"AQID"}"#, "AQID");
    check(r#"{}"#, "");
    check("null", "");
    let array = r#"{"arrayValue":{"values":[{"stringValue":"<a>"},{"intValue":1},{}]}}"#;
    check(array, r#"["<a>",1,null]"#);
    let map = r#"{"kvlistValue":{"values":[{"key":"b","value":{"boolValue":false}},
        {"key":"a","value":{"doubleValue":1.5}}]}}"#;
    check(map, r#"{"a":1.5,"b":false}"#);
    let unsayable = r#"{"arrayValue":{"values":[{"doubleValue":"NaN"}]}}"#;
    check(unsayable, "");
}

#[test]
fn json_and_protobuf_say_the_same() {
    let json = br#"{"resourceMetrics":[{"scopeMetrics":[{"scope":{"name":"s","version":"1"},
        "schema_url":"u","unknown":[{"a":null}],"metrics":[
        {"name":"h","unit":"s","description":"d","histogram":{"aggregationTemporality":2,
          "dataPoints":[{"timeUnixNano":"5","startTimeUnixNano":4,"count":"3","sum":1.5,
            "bucketCounts":["1","2"],"explicitBounds":[0.5],"flags":0,
            "exemplars":[{"timeUnixNano":"1","asInt":"-4","spanId":"0aff","traceId":"01"}]}]}},
        {"name":"n","sum":{"isMonotonic":true,
          "aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA",
          "dataPoints":[{"asInt":"-4","flags":1},{"asDouble":2.5}]}},
        {"name":"e","exponentialHistogram":{"dataPoints":[{"scale":-2,"zeroCount":1,
          "positive":{"offset":-3,"bucketCounts":["7",8]}}]}},
        {"name":"q","summary":{"dataPoints":[{"quantileValues":[{"quantile":0.5,"value":9}]}]}}
        ]}]}]}"#;
    let mut request = Vec::new();
    from_json(json, &mut request).unwrap();
    let resource = resources(&request).next().unwrap().unwrap();
    let scope = resource.scopes().next().unwrap().unwrap();
    assert_eq!(
        (scope.name, scope.version, scope.schema_url),
        ("s", "1", "u")
    );
    let metrics: Vec<Metric<'_>> = scope.metrics().collect::<Result<_, _>>().unwrap();
    let data = |place: usize| metrics[place].data.unwrap();
    let point = data(0).histograms().next().unwrap().unwrap();
    assert_eq!((point.start, point.time, point.count), (4, 5, 3));
    assert_eq!((point.sum, &point.counts[..]), (Some(1.5), &[1, 2][..]));
    assert_eq!(point.bounds, [0.5]);
    let exemplar = point.exemplars().next().unwrap().unwrap();
    assert_eq!(
        (exemplar.value, exemplar.span_id),
        (Some(-4.0), &[10, 255][..])
    );
    assert_eq!(data(0).temporality, Temporality::Cumulative);
    assert_eq!(data(1).temporality, Temporality::Delta);
    assert!(data(1).is_monotonic);
    let numbers: Vec<_> = data(1).numbers().map(Result::unwrap).collect();
    assert_eq!((numbers[0].value, numbers[0].is_stale), (Some(-4.0), true));
    assert_eq!(numbers[1].value, Some(2.5));
    let point = data(2).exponentials().next().unwrap().unwrap();
    assert_eq!((point.scale, point.zero_count), (-2, 1));
    assert_eq!(
        (point.positive.offset, &point.positive.counts[..]),
        (-3, &[7, 8][..])
    );
    let point = data(3).summaries().next().unwrap().unwrap();
    assert_eq!(point.quantiles, [(0.5, 9.0)]);
}

#[test]
fn what_is_no_request_is_refused() {
    let check = |json: &str| {
        assert!(
            from_json(json.as_bytes(), &mut Vec::new()).is_err(),
            "{json}"
        );
    };
    for json in [
        "",
        "[]",
        "{",
        "{\"resourceMetrics\":{}}",
        "{} x",
        "{\"a\":\"\\x\"}",
        "{\"a\":nul}",
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"schemaUrl\":1}]}]}",
    ] {
        check(json);
    }
    let deep = "[".repeat(200);
    check(&format!("{{\"a\":{deep}}}"));
    let nested = "{\"arrayValue\":{\"values\":[".repeat(100);
    assert!(
        from_json(
            format!("{{\"resourceMetrics\":[{{\"resource\":{{\"attributes\":[{{\"value\":{nested}")
                .as_bytes(),
            &mut Vec::new()
        )
        .is_err()
    );
}

/// Reads everything there is to read.
fn walk(request: &[u8]) -> Result<(), Malformed> {
    let mut text = String::new();
    let mut attributes = |attributes: Attributes<'_>| {
        for attribute in attributes.iter() {
            text.clear();
            attribute?.value.write(&mut text)?;
        }
        Ok(())
    };
    for resource in resources(request) {
        let resource = resource?;
        attributes(resource.attributes())?;
        for scope in resource.scopes() {
            let scope = scope?;
            attributes(scope.attributes())?;
            for data in scope.metrics().filter_map(|metric| metric.ok()?.data) {
                data.times().try_for_each(|time| time.map(drop))?;
                for point in data.numbers() {
                    attributes(point?.attributes)?;
                }
                for point in data.histograms() {
                    attributes(point?.attributes)?;
                }
                for point in data.exponentials() {
                    attributes(point?.attributes)?;
                }
                for point in data.summaries() {
                    attributes(point?.attributes)?;
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_come_to_an_end(bytes: Vec<u8>) {
        let _ = walk(&bytes);
        let _ = from_json(&bytes, &mut Vec::new());
    }

    #[test]
    fn a_damaged_request_does_no_harm(place in 0usize..200, byte: u8, cut in 0usize..300) {
        let json = br#"{"resourceMetrics":[{"resource":{"attributes":[{"key":"k","value":{"arrayValue":
            {"values":[{"intValue":1}]}}}]},"scopeMetrics":[{"metrics":[{"name":"n","sum":{"dataPoints":
            [{"asInt":"4","timeUnixNano":"7"}]}},{"histogram":{"dataPoints":[{"bucketCounts":[1,2]}]}}]}]}]}"#;
        let mut request = Vec::new();
        from_json(json, &mut request).unwrap();
        if let Some(at) = request.get_mut(place) {
            *at = byte;
        }
        request.truncate(cut);
        let _ = walk(&request);
        let mut json = json.to_vec();
        if let Some(at) = json.get_mut(place) {
            *at = byte;
        }
        json.truncate(cut);
        let _ = from_json(&json, &mut Vec::new());
    }
}
