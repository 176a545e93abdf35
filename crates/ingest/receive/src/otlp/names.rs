//! Names of metrics and labels, and the suffixes that units and kinds give.
//!
//! Source: the OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", as
//! Prometheus' receiver follows it.

use config::OtlpConfig;
use wire::otlp::DataKind;

/// Units in the notation of UCUM, and the words that names have for them.
const UNITS: [(&str, &str); 26] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("1", ""),
    ("%", "percent"),
];

/// The words of units that something is divided by.
const PER: [(&str, &str); 7] = [
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

fn word<'a>(table: &[(&str, &'a str)], unit: &'a str) -> &'a str {
    let known = table.iter().find(|(known, _)| *known == unit);
    known.map_or(unit, |(_, word)| word)
}

/// The words of a unit such as `By/s`: what is counted, and `per_` what. Parts in braces are
/// remarks and no units.
fn unit_words(unit: &str) -> (String, String) {
    let (main, per) = match unit.split_once('/') {
        Some((main, per)) => (main.trim(), per.trim()),
        None => (unit.trim(), ""),
    };
    let is_unit = |part: &str| !part.is_empty() && !part.contains(['{', '}']);
    let main = Some(main).filter(|main| is_unit(main));
    let per = Some(per).filter(|per| is_unit(per));
    let per = per.map(|per| word(&PER, per)).filter(|per| !per.is_empty());
    (
        main.map_or(String::new(), |main| word(&UNITS, main).to_owned()),
        per.map_or(String::new(), |per| format!("per_{per}")),
    )
}

fn is_classic(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == ':'
}

/// A text in which all other signs are underscores, never two in a row and none in front.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_classic(c) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    out
}

/// The unit as the metadata and the label `__unit__` have it.
pub(super) fn unit(unit: &str) -> String {
    let (main, per) = unit_words(unit);
    let (main, per) = (escaped(&main), escaped(&per));
    let both = match (main.is_empty(), per.is_empty()) {
        (false, false) => format!("{main}_{per}"),
        (false, true) => main,
        _ => per,
    };
    let inner = both.strip_prefix('_').unwrap_or(&both);
    inner.strip_suffix('_').unwrap_or(inner).to_owned()
}

/// What the name of a metric is made of.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) unit: &'a str,
    pub(super) kind: DataKind,
    pub(super) is_monotonic: bool,
}

impl Named<'_> {
    fn is_ratio(&self) -> bool {
        self.unit == "1" && self.kind == DataKind::Gauge
    }

    fn is_total(&self) -> bool {
        self.kind == DataKind::Sum && self.is_monotonic
    }
}

/// The name of a metric's series.
pub(super) fn metric(named: Named<'_>, config: &OtlpConfig) -> Result<String, String> {
    let strategy = config.strategy;
    let name = match (strategy.escapes(), strategy.has_suffixes()) {
        (true, true) => escaped_with_suffixes(named),
        (true, false) => escaped_only(named.name),
        (false, true) => with_suffixes(named),
        (false, false) => named.name.to_owned(),
    };
    let given = named.name;
    if name.is_empty() {
        return Err(format!(
            "normalization for metric {given:?} resulted in empty name"
        ));
    }
    if strategy.escapes() && name != given && name.bytes().all(|byte| byte == b'_') {
        return Err(format!(
            "normalization for metric {given:?} resulted in invalid name {name:?}"
        ));
    }
    Ok(name)
}

fn escaped_with_suffixes(named: Named<'_>) -> String {
    let parts = named.name.split(|c| !is_classic(c));
    let mut words: Vec<&str> = parts.filter(|word| !word.is_empty()).collect();
    let (main, per) = unit_words(named.unit);
    let (main, per) = (escaped(&main), escaped(&per));
    let per = per.strip_suffix('_').unwrap_or(&per);
    let has_per = !matches!(per, "" | "per") && !words.contains(&per);
    let mut main = if words.contains(&main.as_str()) {
        ""
    } else {
        main.as_str()
    };
    if has_per {
        main = main.strip_suffix('_').unwrap_or(main);
    }
    if !main.is_empty() {
        words.push(main);
    }
    if has_per {
        words.push(per);
    }
    for (is_so, word) in [(named.is_total(), "total"), (named.is_ratio(), "ratio")] {
        if is_so {
            words.retain(|other| *other != word);
            words.push(word);
        }
    }
    after_digit(words.join("_"))
}

fn escaped_only(name: &str) -> String {
    let parts = name.split(|c| !is_classic(c) && c != '_');
    let words: Vec<&str> = parts.filter(|word| !word.is_empty()).collect();
    after_digit(words.join("_"))
}

/// A name does not begin with a digit.
fn after_digit(name: String) -> String {
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("_{name}");
    }
    name
}

/// Suffixes behind a name that stays as it is; one that it has already moves to the end.
fn with_suffixes(named: Named<'_>) -> String {
    let mut name = named.name;
    let (main, per) = unit_words(named.unit);
    let suffixes = [
        Some("ratio").filter(|_| named.is_ratio()),
        Some("total").filter(|_| named.is_total()),
        Some(per.as_str()).filter(|per| !per.is_empty()),
    ];
    for suffix in suffixes.into_iter().flatten() {
        name = without(name, suffix);
    }
    let mut whole = name.to_owned();
    if !main.is_empty() && !name.ends_with(&main) {
        whole = format!("{whole}_{main}");
    }
    for suffix in suffixes.into_iter().rev().flatten() {
        whole = format!("{whole}_{suffix}");
    }
    whole
}

/// A name without a suffix and the sign in front of it.
fn without<'a>(name: &'a str, suffix: &str) -> &'a str {
    if !name.ends_with(suffix) {
        return name;
    }
    let end = name
        .len()
        .checked_sub(suffix.len() + 1)
        .filter(|&end| end > 0);
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

/// The name of a label.
pub(super) fn label(key: &str, config: &OtlpConfig) -> Result<String, String> {
    if key.is_empty() {
        return Err("label name is empty".to_owned());
    }
    let is_blank = |name: &str| name.bytes().all(|byte| byte == b'_');
    if !config.strategy.escapes() {
        if is_blank(key) {
            return Err(format!("label name {key:?} contains only underscores"));
        }
        return Ok(key.to_owned());
    }
    let mut name = if config.keep_underscores {
        let other = |c: char| !c.is_ascii_alphanumeric();
        key.replace(other, "_")
    } else {
        single_underscores(key)
    };
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "key_");
    } else if config.prefix_underscore && name.starts_with('_') && !name.starts_with("__") {
        name.insert_str(0, "key");
    }
    if is_blank(&name) {
        return Err(format!(
            "normalization for label name {key:?} resulted in invalid name {name:?}"
        ));
    }
    Ok(name)
}

/// A label's name with one underscore for any number of other signs; those around a reserved name
/// stay.
fn single_underscores(key: &str) -> String {
    let reserved = key
        .strip_prefix("__")
        .and_then(|inner| inner.strip_suffix("__"));
    let mut name = String::with_capacity(key.len());
    for c in reserved.unwrap_or(key).chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    match reserved {
        Some(_) => format!("__{name}__"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use config::TranslationStrategy;

    use super::*;

    fn name(strategy: TranslationStrategy, name: &str, unit: &str, what: &str) -> String {
        let (kind, is_monotonic) = match what {
            "counter" => (DataKind::Sum, true),
            "sum" => (DataKind::Sum, false),
            _ => (DataKind::Gauge, false),
        };
        let config = OtlpConfig {
            strategy,
            ..OtlpConfig::default()
        };
        let named = Named {
            name,
            unit,
            kind,
            is_monotonic,
        };
        metric(named, &config).unwrap_or_else(|fault| fault)
    }

    #[test]
    fn metrics_are_named_by_each_strategy() {
        use TranslationStrategy::*;
        let check = |given: &str, unit: &str, what: &str, expected: [&str; 4]| {
            let all = [
                UnderscoreEscapingWithSuffixes,
                UnderscoreEscapingWithoutSuffixes,
                NoUtf8EscapingWithSuffixes,
                NoTranslation,
            ];
            let found = all.map(|strategy| name(strategy, given, unit, what));
            assert_eq!(found, expected, "{given} {unit} {what}");
        };
        check(
            "http.server.duration",
            "s",
            "gauge",
            [
                "http_server_duration_seconds",
                "http_server_duration",
                "http.server.duration_seconds",
                "http.server.duration",
            ],
        );
        check(
            "total.sent",
            "By/s",
            "counter",
            [
                "sent_bytes_per_second_total",
                "total_sent",
                "total.sent_bytes_per_second_total",
                "total.sent",
            ],
        );
        check(
            "usage.ratio",
            "1",
            "gauge",
            ["usage_ratio", "usage_ratio", "usage_ratio", "usage.ratio"],
        );
        check(
            "1st  metric",
            "{calls}",
            "sum",
            ["_1st_metric", "_1st_metric", "1st  metric", "1st  metric"],
        );
        check(
            "a__b",
            "weird unit/µs",
            "sum",
            [
                "a_b_weird_unit_per_s",
                "a__b",
                "a__b_weird unit_per_µs",
                "a__b",
            ],
        );
        let empty = r#"normalization for metric "" resulted in empty name"#;
        check("", "", "gauge", [empty; 4]);
    }

    #[test]
    fn labels_are_named_as_the_section_says() {
        let check = |key: &str, keeps: bool, expected: &str| {
            let config = OtlpConfig {
                keep_underscores: keeps,
                ..OtlpConfig::default()
            };
            let found = label(key, &config).unwrap_or_else(|fault| fault);
            assert_eq!(found, expected, "{key} {keeps}");
        };
        check("http.method", true, "http_method");
        check("a..b__é", true, "a__b___");
        check("a..b__é", false, "a_b_");
        check("1a", true, "key_1a");
        check("_a", true, "key_a");
        check("__a", true, "__a");
        check("__a", false, "key_a");
        check("__a..b__", false, "__a_b__");
        check("", true, "label name is empty");
        let blank = r#"normalization for label name ".." resulted in invalid name "__""#;
        check("..", true, blank);
    }

    #[test]
    fn units_are_words() {
        let check = |given: &str, expected: &str| assert_eq!(unit(given), expected, "{given}");
        check("By/s", "bytes_per_second");
        check("1", "");
        check("{packet}", "");
        check("{packet}/min", "per_min");
        check("m/s", "meters_per_second");
        check("furlong", "furlong");
    }
}
