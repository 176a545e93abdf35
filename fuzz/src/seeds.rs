//! The inputs that fuzzing begins with.

/// Writes them below a folder, one folder a target.
pub(crate) fn write(folder: &std::path::Path) {
    metrics_store::fuzzing::write_seeds(folder).expect("seeds can be written");
    cluster::fuzzing::write_seeds(folder).expect("seeds can be written");
    let others = [
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
