//! The inputs that fuzzing begins with.

/// Writes them below a folder, one folder a target.
pub(crate) fn write(folder: &std::path::Path) {
    metrics_store::fuzzing::write_seeds(folder).expect("seeds can be written");
    cluster::fuzzing::write_seeds(folder).expect("seeds can be written");
    let others = [
        ("alert_log", "\x03\x02id\x01\x02\x01a\x01b\x02\x04\x06\x02me\x03why\x01"),
        (
            "alertmanager_files",
            "\x16\x0a\x14\x0a\x02id\x12\x08\x08\x01\x12\x01a\x1a\x01b\x1a\x04\x08\x01\x10\x02",
        ),
        (
            "dashboards",
            "{\"title\":\"t\",\"rows\":[{\"height\":\"250px\",\"collapse\":true,\"panels\":[{\"type\":\"graph\",\
             \"span\":6,\"yaxes\":[{\"format\":\"s\",\"logBase\":10}],\"seriesOverrides\":[{\"alias\":\"/a/\",\"yaxis\":2,\
             \"stack\":\"B\"}],\"thresholds\":[{\"op\":\"lt\",\"value\":1}],\"targets\":[{\"expr\":\"up\"}]}]}],\"panels\":\
             [{\"type\":\"table\",\"styles\":[{\"pattern\":\"/x/\",\"link\":true,\"linkUrl\":\"/d?a=$__cell_1\"}]},\
             {\"type\":\"text\",\"mode\":\"html\",\"content\":\"<b a=1>[x](y)\"}],\"templating\":{\"list\":[{\"type\":\"query\",\
             \"name\":\"v\",\"query\":\"label_values(up{a=\\\"b\\\"}, job)\"}]}}",
        ),
        (
            "exposition_text",
            "# TYPE a counter\na{b=\"c\"} 1 2\n# HELP a b\nc 1e3\n",
        ),
        (
            "exposition_openmetrics",
            "# TYPE a counter\n# UNIT a x\na_total{b=\"c\"} 1 2.0 # {t=\"1\"} 3 4\n# EOF\n",
        ),
        (
            "exposition_protobuf",
            "\x10\n\x01a\x18\x01\"\x09\x12\x07\t\0\0\0\0\0\0",
        ),
        (
            "promql",
            "sum by (a) (rate(b{c=~\"d.*\"}[5m:1m] offset 1h @ end())) / on (a) group_left e or -1",
        ),
        (
            "promql_answers",
            "\x04sum by (x) (rate(a[5m:1m] offset 1m @ end())) / on (x) group_left histogram_avg(h) or -n",
        ),
        (
            "remote_write_1",
            "\x0a\x1c\x0a\x0e\x0a\x08__name__\x12\x02up\x12\x0a\x09\0\0\0\0\0\0\0@\x10\x05",
        ),
        (
            "remote_write_2",
            "\x22\0\x22\x08__name__\x22\x02up\x2a\x10\x0a\x02\x01\x02\x12\x0a\x09\0\0\0\0\0\0\0@\x10\x05",
        ),
        (
            "otlp_protobuf",
            "\x0a\x1a\x12\x18\x12\x16\x0a\x01g\x2a\x11\x0a\x0f\x19\0\0\0\0\0\0\0@\x3a\x04\x0a\x02ab",
        ),
        (
            "otlp_json",
            "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":\
             {\"stringValue\":\"s\"}}]},\"scopeMetrics\":[{\"metrics\":[{\"name\":\"h\",\"histogram\":\
             {\"aggregationTemporality\":2,\"dataPoints\":[{\"timeUnixNano\":\"5\",\"count\":3,\"bucketCounts\":\
             [1,2],\"explicitBounds\":[0.5],\"exemplars\":[{\"asInt\":\"1\",\"spanId\":\"0a\"}]}]}},\
             {\"name\":\"e\",\"exponentialHistogram\":{\"aggregationTemporality\":1,\"dataPoints\":\
             [{\"scale\":9,\"positive\":{\"offset\":-3,\"bucketCounts\":[\"7\"]}}]}}]}]}]}",
        ),
        ("pushed_bodies", "\x03\x08abc"),
        (
            "statsd",
            "mappings: [{match: a.*, name: b$1, labels: {c: $0}, observer_type: histogram}]\0a.b:1|c\na.b:2:3|ms|@0.1|#d:e\nf,g=h:-1|g\ni[j=k]:1|h",
        ),
        (
            "template_notification",
            "{{ define \"x\" }}<a href=\"{{ . }}\" style='color: {{ . }}'>{{ . }}</a>{{ end }}\
             {{ range $i, $a := .Alerts.Firing }}{{ template \"x\" $a.GeneratorURL }}\
             {{ if eq $a.Labels.severity \"page\" }}{{ break }}{{ end -}} <script>f({{ $a.Labels }})\
             </script>{{ else }}{{ printf \"%-5d %+v %q\" 1 .CommonLabels (list 1.5 nil) }}{{ end }}\
             {{ (index .Alerts 0).StartsAt | tz \"Europe/Paris\" | date \"Jan _2 15:04:05.000 MST\" }}",
        ),
        (
            "template_rule",
            "{{ $labels.instance }} {{ $value | humanize }} {{ with query \"up\" }}\
             {{ . | first | value | humanizeDuration }}{{ end }}\
             {{ reReplaceAll \"(.*):.*\" \"$1\" $labels.instance }}",
        ),
    ];
    for (target, text) in others {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("first"), text).expect("a file");
    }
}
