use proptest::prelude::*;

use super::*;

fn pattern(text: &str) -> Pattern {
    Pattern::new(text).unwrap()
}

/// What upstream's regular expressions match; made with Go's regexp package.
#[test]
fn matches_as_re2_does() {
    for (text, fitting, unfit) in [
        ("", &[""][..], &["a"][..]),
        ("a.c", &["abc", "a\nc", "aéc"], &["ac", "abcd"]),
        ("(?-s)a.c", &["abc"], &["a\nc"]),
        ("\\d+", &["12"], &["١٢", ""]),
        ("\\w", &["a", "_"], &["é", "-"]),
        ("\\W", &["é", "-"], &["a"]),
        ("\\s", &[" ", "\t", "\n"], &["\x0b", "\u{a0}"]),
        ("[\\D]", &["a", "١"], &["1"]),
        ("é\\b.", &[], &["éa "]),
        ("a\\b.", &["aé", "a "], &["ab"]),
        ("é\\B.", &["éé"], &["éa"]),
        ("{", &["{"], &[""]),
        ("a{,2}", &["a{,2}"], &["a", "aa"]),
        ("a{2", &["a{2"], &["aa"]),
        ("a{01}", &["a{01}"], &["a"]),
        ("x{0}", &[""], &["x"]),
        ("a{2,3}", &["aa", "aaa"], &["a", "aaaa"]),
        ("\\Qa.b\\E+", &["a.b", "a.bb"], &["aab"]),
        ("\\Qa|b\\E", &["a|b"], &["a", "b"]),
        ("\\101\\0\\x41\\x{1F600}", &["A\0A😀"], &["A"]),
        ("[a&&b]", &["a", "&", "b"], &["c"]),
        ("[+--b]+", &["+,-", "b"], &["a"]),
        ("[a~~b]", &["a", "~"], &["c"]),
        ("[[a]", &["[", "a"], &["b"]),
        ("[]a]", &["]", "a"], &["b"]),
        ("[^]a]", &["b", "\n"], &["]", "a"]),
        ("[a-]", &["a", "-"], &["b"]),
        ("[a-b-c]", &["a", "-", "c"], &["d"]),
        ("[[:alpha:][:^ascii:]]", &["a", "é"], &["1"]),
        ("[[:word:]]", &["_"], &["-"]),
        ("[:alpha:]", &[":", "a", "l"], &["b"]),
        (
            "\\pN\\p{Greek}\\P{Lu}\\p{^Lu}",
            &["1αaa", "٣αaa"],
            &["aαaa", "1αAa"],
        ),
        ("\\p{Letter}", &["é"], &["1"]),
        ("(?i)k", &["k", "K", "\u{212a}"], &["j"]),
        ("(?i)[^k]", &["j"], &["k", "K", "\u{212a}"]),
        ("(?i:a)b", &["Ab"], &["AB"]),
        ("(?i)a|b", &["A", "B"], &["c"]),
        ("a(?i)b", &["aB"], &["Ab"]),
        ("a(?i)*", &["", "aa"], &["A"]),
        ("(?m)a$\n^b", &["a\nb"], &["a b"]),
        ("\\Aa\\z", &["a"], &["a\n"]),
        ("a$", &["a"], &["a\n"]),
        ("a||b", &["", "a", "b"], &["ab"]),
        ("(|a)*b", &["b", "aab"], &["a"]),
        ("^*a", &["a"], &[""]),
        ("a)(b", &["ab"], &["a", "b"]),
        ("a)|(b", &["a", "axx", "xxb"], &["xa", "bx"]),
        ("[\\x{D800}-\\x{E000}]", &["\u{e000}"], &["\u{d7ff}"]),
        ("\\x{D800}", &[], &["", "\u{fffd}"]),
        ("(?U)a*?", &["", "aa"], &["b"]),
        ("\\_\\-\\ ", &["_- "], &["_-"]),
    ] {
        let pattern = pattern(text);
        for one in fitting {
            assert!(pattern.matches(one), "{text:?} should match {one:?}");
        }
        for one in unfit {
            assert!(!pattern.matches(one), "{text:?} should not match {one:?}");
        }
    }
}

/// The texts are those that Go prints for the same pattern between upstream's anchors.
#[test]
fn faults_in_the_words_of_go() {
    for (text, words) in [
        ("a(b", "missing closing ): `^(?s:a(b)$`"),
        ("a)b", "unexpected ): `^(?s:a)b)$`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a|+?", "missing argument to repetition operator: `+?`"),
        ("(*)", "missing argument to repetition operator: `*`"),
        ("|{1}", "missing argument to repetition operator: `{1}`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a*+?", "invalid nested repetition operator: `*+?`"),
        ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("(a{100}){11}", "invalid repeat count: `{11}`"),
        ("a{99999999999}", "invalid repeat count: `{99999999999}`"),
        ("[", "missing closing ]: `[)$`"),
        ("x[a", "missing closing ]: `[a)$`"),
        ("[b-a]", "invalid character class range: `b-a`"),
        ("[a--b]", "invalid character class range: `a--`"),
        ("[a-\\d]", "invalid escape sequence: `\\d`"),
        ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
        ("\\", "missing closing ): `^(?s:\\)$`"),
        ("\\8", "invalid escape sequence: `\\8`"),
        ("\\1", "invalid escape sequence: `\\1`"),
        ("\\x", "invalid escape sequence: `\\x)$`"),
        ("\\x{}", "invalid escape sequence: `\\x{}`"),
        ("\\x{110000}", "invalid escape sequence: `\\x{110000`"),
        ("\\xZZ", "invalid escape sequence: `\\xZZ`"),
        ("\\C", "invalid escape sequence: `\\C`"),
        ("\\é", "invalid escape sequence: `\\é`"),
        ("[\\b]", "invalid escape sequence: `\\b`"),
        ("\\p", "invalid character class range: `\\p)`"),
        ("\\p{Foo}", "invalid character class range: `\\p{Foo}`"),
        (
            "\\p{Alphabetic}",
            "invalid character class range: `\\p{Alphabetic}`",
        ),
        ("\\p{gc=L}", "invalid character class range: `\\p{gc=L}`"),
        ("\\p{Lu", "invalid character class range: `\\p{Lu)$`"),
        ("(?P<n", "invalid named capture: `(?P<n)$`"),
        ("(?P<>a)", "invalid named capture: `(?P<>`"),
        ("(?<=a)", "invalid named capture: `(?<=a))$`"),
        ("(?P=n)", "invalid or unsupported Perl syntax: `(?P`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
        ("(?--i)", "invalid or unsupported Perl syntax: `(?--`"),
        ("(?x)", "invalid or unsupported Perl syntax: `(?x`"),
    ] {
        let error = Pattern::new(text).unwrap_err().to_string();
        assert_eq!(error, format!("error parsing regexp: {words}"), "{text:?}");
    }
}

#[test]
fn what_would_take_too_much_is_refused_with_the_limit() {
    let error = Pattern::new("(\\pL{100}){10}").unwrap_err().to_string();
    assert!(error.contains("10485760 bytes"), "{error}");
    let deep = |depth: usize| format!("{}a{}", "(".repeat(depth), ")*".repeat(depth));
    assert!(pattern(&deep(100)).matches("aa"));
    let error = Pattern::new(&deep(500)).unwrap_err();
    assert_eq!(error.reason, "expression nests too deeply");
    let error = Pattern::new(&format!("a{}", "(?i)*".repeat(1000))).unwrap_err();
    assert_eq!(error.reason, "expression nests too deeply");
}

#[test]
fn templates_are_filled_as_go_fills_them() {
    for (text, input, template, filled) in [
        ("(.*)", "x", "$1", "x"),
        ("(.*)", "x", "$0-${1}-$2", "x-x-"),
        ("(a)(b)?", "a", "[$2]$1", "[]a"),
        ("(.*):(\\d+)", "host:80", "$2/$1", "80/host"),
        ("(.*):(\\d+)", "host:80", "$1x", ""),
        ("(.*):(\\d+)", "host:80", "${1}x", "hostx"),
        (
            "(.*):(\\d+)",
            "host:80",
            "$$1 $ ${1 ${} $-",
            "$1 $ ${1 ${} $-",
        ),
        (
            "(?P<first>.*):(?<second>\\d+)",
            "host:80",
            "$second-${first}",
            "80-host",
        ),
        ("(?P<n>a)|(?P<n>b)", "b", "$n", "b"),
        ("(?P<1x>a)", "a", "$1x", "a"),
        ("(a|b)", "b", "$1", "b"),
        ("((a.*))", "ab", "$1$2$3", "abab"),
        ("(.*)(.*){0}", "a", "[$1][$2]", "[a][]"),
        ("(a+)(b*)", "aab", "${01}$1", "aa"),
    ] {
        let mut out = String::new();
        assert!(pattern(text).expand(input, template, &mut out), "{text}");
        assert_eq!(out, filled, "{text} {template}");
    }
    let mut out = String::from("before");
    assert!(!pattern("(a)").expand("b", "$1", &mut out));
    assert!(!pattern("(a)b").expand("b", "x", &mut out));
    assert_eq!(out, "before");
}

#[test]
fn literals_are_told_where_there_is_nothing_else() {
    for (text, literals) in [
        ("a", Some(&["a"][..])),
        ("", Some(&[""])),
        ("b|a|b", Some(&["a", "b"])),
        ("foo1|foo2|bar", Some(&["bar", "foo1", "foo2"])),
        ("a(b|c)d", Some(&["abd", "acd"])),
        ("[ab]c", Some(&["ac", "bc"])),
        ("(?i)a", Some(&["A", "a"])),
        ("ab?", Some(&["a", "ab"])),
        ("\\Qa.b\\E", Some(&["a.b"])),
        ("a\\.b", Some(&["a.b"])),
        ("a.*", None),
        ("a|b.*", None),
        ("a+", None),
        ("\\pL", None),
        ("[a-p][a-p]", None),
        ("a)|(b", None),
    ] {
        let wanted = literals.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        let found = pattern(text).literals();
        if text == "[a-p][a-p]" {
            assert_eq!(found.map(|all| all.len()), Some(256));
        } else {
            assert_eq!(found, wanted, "{text}");
        }
    }
    assert_eq!(pattern("[a-p][a-q]").literals(), None);
    let many: Vec<String> = (0..5000).map(|n| format!("host-{n}")).collect();
    let pattern = pattern(&many.join("|"));
    assert_eq!(pattern.literals().map(|all| all.len()), Some(5000));
    assert!(pattern.matches("host-4711") && !pattern.matches("host-5000"));
}

#[test]
fn the_default_is_the_pattern_it_says_it_is() {
    let (default, compiled) = (Pattern::default(), pattern("(.*)"));
    assert_eq!(default, compiled);
    for text in ["", "a\nb"] {
        let mut outs = [String::new(), String::new()];
        assert!(default.expand(text, "[$1$2]", &mut outs[0]));
        assert!(compiled.expand(text, "[$1$2]", &mut outs[1]));
        assert_eq!(outs[0], outs[1]);
    }
}

/// Patterns with a shortcut, and some without.
fn simple() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ab]{1,2}",
        3 => Just(".*".to_owned()),
        2 => Just(".+".to_owned()),
        1 => Just("(a|b|ab)".to_owned()),
        1 => Just("[ab]".to_owned()),
        1 => Just("a?".to_owned()),
        1 => Just("|".to_owned()),
        1 => Just("b+".to_owned()),
        1 => Just("é".to_owned()),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn shortcuts_agree_with_the_program(text in simple(), inputs in proptest::collection::vec("[abé]{0,5}", 8)) {
        let pattern = pattern(&text);
        let hir = syntax::parse(&format!("^(?s:{text})$")).unwrap().hir;
        let program = compile(&hir, &text).unwrap();
        for input in inputs {
            prop_assert_eq!(pattern.matches(&input), program.is_match(&input), "{} {}", &text, &input);
        }
    }

    #[test]
    fn the_syntax_that_both_share_means_the_same(text in simple(), input in "[abé]{0,5}") {
        let theirs = Regex::new(&format!("^(?s:{text})$")).unwrap();
        prop_assert_eq!(pattern(&text).matches(&input), theirs.is_match(&input));
    }

    #[test]
    fn no_text_stops_the_parser(text in "[\\\\(){}\\[\\]?*+|^$.:<>PpQExabi0-9,&-]{0,24}|.{0,12}") {
        if let Ok(pattern) = Pattern::new(&text) {
            pattern.matches("abc");
            pattern.expand("abc", &text, &mut String::new());
            if let Some(literals) = pattern.literals() {
                for literal in literals {
                    prop_assert!(pattern.matches(&literal));
                }
            }
        }
    }
}
