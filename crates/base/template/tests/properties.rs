//! No text makes a template panic, take memory out of proportion or run for ever.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use contract::{Notification, NotificationReason};
use model::{Alert, Labels};
use proptest::prelude::*;
use std::sync::LazyLock;
use template::alertmanager::{Data, Templates};
use template::limits::{MAX_NESTING, MAX_OUTPUT, MAX_SOURCE};
use template::{Set, TemplateError, Time};

fn data() -> Data {
    let alert = Alert {
        labels: Labels::from_pairs([("alertname", "A"), ("x", "<y> & 'z'")]),
        annotations: Labels::from_pairs([("summary", "s")]),
        starts_at: 0,
        ends_at: 10,
        updated_at: 0,
        generator_url: "javascript:x".to_owned(),
    };
    let notification = Notification {
        receiver: "r".to_owned(),
        group_key: String::new(),
        group_labels: Labels::from_pairs([("alertname", "A")]),
        route_labels: Labels::empty(),
        alerts: vec![alert.clone(), alert],
        reason: NotificationReason::First,
        now: 5,
        deadline: 10,
        request_key: String::new(),
    };
    Data::new(&notification, "http://h")
}

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| Templates::load(&[]).unwrap());
static DATA: LazyLock<Data> = LazyLock::new(data);

/// Pieces that templates are made of, so that many texts are TEMPLATES.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{"),
        Just("}}"),
        Just("{{- "),
        Just(" -}}"),
        Just("{{ if "),
        Just("{{ range "),
        Just("{{ end }}"),
        Just("{{ else }}"),
        Just("{{ with "),
        Just("{{ define \"a\" }}"),
        Just("{{ template \"a\" . }}"),
        Just(".Alerts"),
        Just(".Labels"),
        Just(".CommonLabels"),
        Just(" | "),
        Just("("),
        Just(")"),
        Just("$x"),
        Just(" := "),
        Just(" = "),
        Just("\"%d %v\""),
        Just("printf "),
        Just("index "),
        Just("slice "),
        Just("list "),
        Just("1"),
        Just("-9223372036854775808"),
        Just("1e308"),
        Just("eq "),
        Just(" . "),
        Just(" $ "),
        Just("<a href=\""),
        Just("\">"),
        Just("<script>"),
        Just("</script>"),
        Just("'"),
        Just("`"),
        Just("/*"),
        Just("*/"),
        Just("<style>"),
        Just("<!--"),
        Just("-->"),
        Just("url("),
        Just(" style=\""),
        Just("<a onclick="),
        Just("now.Format "),
        Just("toJson "),
        Just("dict "),
        Just("%[1]*.*f"),
        Just("{{ break }}"),
        Just(".StartsAt.Add "),
        Just("é"),
        Just("\u{0}"),
        Just("&quot;"),
        Just("len "),
        Just("append "),
        Just("reReplaceAll \"a*\" \"$1b\" "),
        Just("date "),
        Just("\"2006-01-02 .000 _2 MST\" "),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_gives_a_text_or_an_error(text in prop_oneof![".{0,60}", pieces()]) {
        let _ = TEMPLATES.html(&text, &DATA);
        if let Ok(written) = TEMPLATES.text(&text, &DATA) {
            prop_assert!(written.len() <= MAX_OUTPUT);
        }
    }

    #[test]
    fn an_action_in_any_html_gives_a_text(before in pieces(), after in pieces()) {
        let text = format!("{before}{{{{ .Status }}}}{after}");
        let _ = TEMPLATES.html(&text, &DATA);
    }

    #[test]
    fn any_format_prints_any_numbers(format in "[%a-zA-Z0-9.*#+ \\[\\]-]{0,20}", one in any::<i64>(), other in any::<f64>()) {
        // Widths of millions are Go's business, too, but not that of two thousand cases.
        prop_assume!(!format.contains("00000"));
        let text = format!("{{{{ printf {format:?} {one} {other:e} \"é\" .Alerts nil true }}}}");
        let _ = TEMPLATES.text(&text, &DATA);
    }

    #[test]
    fn moments_come_back_from_their_text(millis in -60_000_000_000_000i64..60_000_000_000_000) {
        let layout = "2006-01-02T15:04:05.999999999Z07:00";
        let time = Time::from_millis(millis);
        prop_assert_eq!(Time::parse(layout, &time.format(layout)), Ok(time));
    }

    #[test]
    fn any_layout_reads_and_writes(layout in ".{0,30}", text in ".{0,30}", millis in any::<i64>()) {
        let _ = Time::from_millis(millis).format(&layout);
        let _ = Time::parse(&layout, &text);
    }
}

/// What a text fails with.
fn fault(text: &str) -> String {
    TEMPLATES.text(text, &DATA).unwrap_err().to_string()
}

#[test]
fn what_would_take_too_much_fails() {
    let calls = "{{ define \"r\" }}{{ template \"r\" . }}{{ end }}{{ template \"r\" . }}";
    let double =
        "{{ $s := printf \"%99d\" 1 }}{{ range 40 }}{{ $s = printf \"%s%s\" $s $s }}{{ end }}";
    let deep = "{{ $l := list }}{{ range 100 }}{{ $l = list $l }}{{ end }}";
    let kept =
        "{{ $l := list }}{{ range 9999 }}{{ $l = append $l (printf \"%999999d\" 1) }}{{ end }}";
    let replaced = "{{ $s := printf \"%999999d\" 1 }}{{ reReplaceAll \" \" $s $s }}";
    for (text, words) in [
        (calls, "exceeded maximum template depth"),
        (double, "the text would have more than"),
        (deep, "deep inside one another"),
        (kept, "bytes of values"),
        (replaced, "the text would have more than"),
        ("{{ range 999999999 }}{{ end }}", "steps; loop less"),
        (
            "{{ range 99 }}{{ printf \"%999999d\" 1 }}{{ end }}",
            "a template may write",
        ),
        (
            "{{ $l := list 1 }}{{ range 30 }}{{ $l = list $l $l }}{{ end }}{{ $l }}",
            "more than",
        ),
        (
            "{{ $l := list 1 }}{{ range 30 }}{{ $l = list $l $l }}{{ end }}{{ toJson $l }}",
            "more than",
        ),
    ] {
        let fault = fault(text);
        assert!(fault.contains(words), "{text}: {fault}");
    }
    for (open, close) in [
        ("{{ if 1 }}", "{{ end }}"),
        ("{{ (", ") }}"),
        ("{{ range 1 }}", "{{ end }}"),
    ] {
        let inside = open.trim_start_matches("{{ ").repeat(MAX_NESTING + 1);
        let text = if close == ") }}" {
            format!("{{{{ {inside}1")
        } else {
            format!(
                "{}{}",
                open.repeat(MAX_NESTING + 1),
                close.repeat(MAX_NESTING + 1)
            )
        };
        assert!(
            fault(&text).contains("max expression depth exceeded"),
            "{open}"
        );
    }
}

#[test]
fn the_deepest_template_fits_a_small_stack() {
    let small = std::thread::Builder::new().stack_size(2 << 20);
    let handle = small.spawn(|| {
        let open = "{{ if (eq (len (printf \"%s\" \"a\")) 1) }}";
        let count = MAX_NESTING - 5;
        let text = format!("{}x{}", open.repeat(count), "{{ end }}".repeat(count));
        assert_eq!(TEMPLATES.text(&text, &DATA).unwrap(), "x");
        let parens = format!("{{{{ {}1{} }}}}", "(".repeat(count), ")".repeat(count));
        assert_eq!(TEMPLATES.text(&parens, &DATA).unwrap(), "1");
        let calls = "{{ define \"r\" }}{{ if (eq 1 (len (list (template_free)))) }}{{ template \"r\" . }}{{ end }}{{ end }}{{ template \"r\" . }}";
        let calls = calls.replace("(template_free)", "1");
        assert!(TEMPLATES.html(&calls, &DATA).is_err());
    });
    handle.unwrap().join().unwrap();
}

#[test]
fn a_text_may_only_be_so_long() {
    let error = Set::new()
        .add("t", &" ".repeat(MAX_SOURCE + 1), &|_| false)
        .unwrap_err();
    assert!(matches!(error, TemplateError::TooLong { .. }));
}
