//! The requests of the script, good and bad, in their order.

/// How two answers are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Compare {
    /// Code, body and what is held afterwards.
    All,
    /// As [`Compare::All`] without the body: the original's names whichever it met first, or says
    /// what the decoder of its language says.
    NotBody,
}

/// One request.
pub(crate) struct Case {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Vec<u8>,
    pub(crate) compare: Compare,
}

fn case(method: &'static str, path: &'static str, body: impl AsRef<[u8]>) -> Case {
    Case {
        method,
        path,
        headers: Vec::new(),
        body: body.as_ref().to_vec(),
        compare: Compare::All,
    }
}

impl Case {
    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    fn not_body(self) -> Self {
        Self {
            compare: Compare::NotBody,
            ..self
        }
    }
}

/// Between two scenes all groups go.
fn wipe() -> Case {
    case("PUT", "/api/v1/admin/wipe", "")
}

/// Paths with one small body.
const PATHS: [(&str, &str); 41] = [
    ("PUT", "/metrics/job/a"),
    ("PUT", "/metrics/job/a/"),
    ("POST", "/metrics/job/a/b/c"),
    ("PUT", "/metrics/job/a/b"),
    ("PUT", "/metrics/job/a/b/c/d"),
    ("PUT", "/metrics/job/a/b/"),
    ("PUT", "/metrics/job/a/b/c/"),
    ("PUT", "/metrics/job/a/b/1/b/2"),
    ("PUT", "/metrics/job/"),
    ("PUT", "/metrics/job"),
    ("PUT", "/metrics/job//a/b"),
    ("PUT", "/metrics/job/a//b"),
    ("PUT", "/metrics/job/a/b//c/d"),
    ("PUT", "/metrics/job/a/../b"),
    ("PUT", "/metrics/job@base64/="),
    ("PUT", "/metrics/job@base64/YQ"),
    ("PUT", "/metrics/job@base64/YQ=="),
    ("PUT", "/metrics/job@base64/YWJ"),
    ("PUT", "/metrics/job@base64/L3Zhci90bXA"),
    ("PUT", "/metrics/job/a/b@base64/!!"),
    ("PUT", "/metrics/job/a/b@base64/YWJj!"),
    ("PUT", "/metrics/job/a/b@base64/="),
    ("PUT", "/metrics/job/a/__b/c"),
    ("PUT", "/metrics/job/a/1b/c"),
    ("PUT", "/metrics/job/a/b-c/c"),
    ("PUT", "/metrics/job/a/job/c"),
    ("PUT", "/metrics/job/a/b/x%2Fy"),
    ("PUT", "/metrics/job/a%2Fb"),
    ("PUT", "/metrics/job/a%20b"),
    ("PUT", "/metrics/job/%C3%A4"),
    ("PUT", "/metrics/job/a%zz"),
    ("GET", "/metrics/job/a"),
    ("PATCH", "/metrics/job/a"),
    ("OPTIONS", "/metrics/job/a"),
    ("POST", "/metrics"),
    ("DELETE", "/metrics"),
    ("OPTIONS", "/metrics"),
    ("DELETE", "/metrics/job/a/b"),
    ("DELETE", "/metrics/job/none"),
    ("DELETE", "/metrics/job/a"),
    ("DELETE", "/metrics/job/a/b/c"),
];

/// Requests that are no push.
const OTHERS: [(&str, &str); 17] = [
    ("GET", "/-/healthy"),
    ("GET", "/-/ready"),
    ("POST", "/-/ready"),
    ("GET", "/-/quit"),
    ("PUT", "/-/quit"),
    ("DELETE", "/-/quit"),
    ("GET", "/nowhere"),
    ("GET", "/api/v1"),
    ("GET", "/api/v1/"),
    ("GET", "/api/v1/nowhere"),
    ("POST", "/api/v1/status"),
    ("OPTIONS", "/api/v1/status"),
    ("OPTIONS", "/api/v1/metrics"),
    ("GET", "/api/v1/admin/wipe"),
    ("GET", "//metrics"),
    ("GET", "/a/../metrics"),
    ("PUT", "/metrics/jobs/a"),
];

/// Texts that are pushed to one group, each into an empty gateway.
const TEXTS: &[&str] = &[
    "",
    "x 1",
    "x{} 1\n",
    "x{a=\"1\",} 1\n",
    "x{a=\"1\",a=\"2\"} 1\n",
    "x{a=1} 1\n",
    "x{a=\"1} 1\n",
    "x{a=\"1\n\"} 1\n",
    "x{a=\"\\x\"} 1\n",
    "x{a=\"1\" 1\n",
    "x{a\"1\"} 1\n",
    "x{=\"1\"} 1\n",
    "x{1a=\"1\"} 1\n",
    "x{a=\"1\",,} 1\n",
    "x{a=\"1\"}1\n",
    "x{ a = \"1\" , b=\"2\" } 1\n",
    "x {a=\"1\"}  1\n",
    "x{a=\"\\\"\\n\\\\\"} 1\n",
    "x{__name__=\"y\"} 1\n",
    "x\n",
    "x a\n",
    "x 1 2\n",
    "x 1 -2\n",
    "x 1 2 3\n",
    "x 1 a\n",
    "x  1  \n",
    "x 1\r\n",
    "x 0x10\n",
    "x 1_0\n",
    "x inf\nx{a=\"b\"} Nan\ny +Inf\nz -Inf\n",
    "x 1e3\ny 1e21\nz 1e-7\nw -0\nv 123456789012\n",
    "x 1e999\n",
    "1x 1\n",
    "{a=\"1\"} 1\n",
    "x\u{e4} 1\n",
    "x{a=\"\u{e4}\"} 1\n",
    "x:y 1\n",
    "# comment\n#\n\n  x 1\n\n",
    "# comment",
    "# HELP\n# HELP x\n# TYPE x\n# TYPE x \nx 1\n",
    "# HELP x a\\nb\\\\c \"d\"\nx 1\n",
    "# HELP x a\\d\nx 1\n",
    "# HELP 1x a\n",
    "# HELP x a\n# HELP x b\nx 1\n",
    "# HELP x only\n",
    "# TYPE x gauge\n# TYPE x gauge\nx 1\n",
    "x 1\n# TYPE x gauge\n",
    "# TYPE x foo\nx 1\n",
    "# TYPE x Gauge\nx 1\n",
    "# TYPE x gauge \nx 1\n",
    "#TYPE\tx\tcounter\nx 1\n",
    "x 1\nx 2\n",
    "x{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 2\n",
    "x{instance=\"i\"} 1\nx{job=\"other\",instance=\"k\"} 2\n",
    "x{a=\"\"} 1\nx 2\n",
    "x{instance=\"\"} 1\nx 2\n",
    "# HELP h text\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n",
    "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 2\nh_bucket{le=\"1\",a=\"b\"} 7\n",
    "# TYPE h histogram\nh 1\n",
    "# TYPE h histogram\nh_bucket 1\n",
    "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n",
    "# TYPE h histogram\nh_bucket{le=\"1\"} 1.7\nh_count -3\nh_sum NaN\n",
    "# TYPE h histogram\nh_bucket{le=\"5\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1\"} 4\n",
    "h_bucket{le=\"1\"} 1\nh_sum 3\n",
    "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n# TYPE h_sum gauge\nh_sum 1\n",
    "# TYPE h_bucket gauge\nh_bucket 1\n# TYPE h summary\nh_count 1\n",
    "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 3\n",
    "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns{quantile=\"x\"} 1\n",
    "# TYPE s summary\ns{quantile=\"0.5\",a=\"b\"} 1\ns_sum{a=\"b\"} 3\ns_count 7\n",
    "# TYPE s summary\ns 1\ns_bucket{le=\"1\"} 1\n",
    "x{le=\"1\"} 1\nx{quantile=\"1\"} 2\n",
    "push_time_seconds 3\n",
    "x{",
    "x{a",
    "x{a=\"",
];

/// `# TYPE x gauge` with one value, as a delimited message.
const MESSAGE: &[u8] =
    b"\x15\x0a\x01x\x12\x01h\x18\x01\x22\x0b\x12\x09\x09\x00\x00\x00\x00\x00\x00\xf8?";
const DELIMITED: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
const GZIP: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 80, 48, 228, 2, 0, 35, 255, 10, 145, 4, 0, 0, 0,
];

/// What agrees and contradicts over several pushes.
const SCENES: &[&[(&str, &str, &str)]] = &[
    &[
        ("PUT", "/metrics/job/a", "x 1\ny 1\n"),
        ("POST", "/metrics/job/a", "y 2\nz 2\n"),
        ("PUT", "/metrics/job/b", "x 3\n"),
        ("POST", "/metrics/job/a", ""),
        ("PUT", "/metrics/job/a/instance/i", "x{instance=\"j\"} 4\n"),
        ("PUT", "/metrics/job/a", "w 5\n"),
        ("DELETE", "/metrics/job/a", ""),
        ("DELETE", "/metrics/job/a/instance/i", ""),
        ("PUT", "/metrics/job/b", ""),
    ],
    &[
        ("PUT", "/metrics/job/a", "# TYPE x gauge\nx 1\n"),
        ("PUT", "/metrics/job/a", "# TYPE x counter\nx 1\n"),
        ("PUT", "/metrics/job/a", "x 1 1\n"),
        ("POST", "/metrics/job/a", "x 2\nx 3\n"),
        ("POST", "/metrics/job/a", "bad"),
        ("PUT", "/metrics/job/c", "x 1 1\n"),
        ("PUT", "/metrics/job/c", "y 1\n"),
    ],
    &[
        ("PUT", "/metrics/job/a/instance/i", "x 1\n"),
        (
            "PUT",
            "/metrics/job/b",
            "x{z=\"1\"} 1\nx{b=\"2\",a=\"1\"} 1\nx 1\nx{a=\"0\",b=\"2\"} 9\n",
        ),
        ("PUT", "/metrics/job/c", "x{a=\"<&>\"} 1\n"),
    ],
];

/// All requests.
pub(crate) fn table() -> Vec<Case> {
    let mut table: Vec<Case> = Vec::new();
    for (method, path) in PATHS {
        let body = if method.starts_with('P') { "x 1\n" } else { "" };
        let case = case(method, path, body);
        table.push(case);
    }
    for (method, path) in OTHERS {
        table.push(case(method, path, ""));
    }
    for text in TEXTS {
        table.push(wipe());
        table.push(case("PUT", "/metrics/job/j", text));
    }
    for body in [
        &b"x{a=\"\xc3(\"} 1\n"[..],
        b"x{a=\"\xff\"} 1\n",
        b"x\xff 1\n",
    ] {
        table.push(case("PUT", "/metrics/job/j", body));
    }
    for scene in SCENES {
        table.push(wipe());
        table.extend(
            scene
                .iter()
                .map(|(method, path, body)| case(method, path, body)),
        );
    }
    // Which of two the original meets first is chance.
    table.push(wipe());
    for (path, body) in [
        (
            "/metrics/job/a",
            "# TYPE x gauge\nx 1\n# TYPE h histogram\nh_count 1\n",
        ),
        ("/metrics/job/b", "# TYPE x counter\nx 1\n"),
        ("/metrics/job/b", "x 1\n"),
        ("/metrics/job/c", "h_sum 1\n"),
        ("/metrics/job/d/instance/i", "y 1\n"),
        ("/metrics/job/d", "y{instance=\"i\"} 1\n"),
    ] {
        table.push(case("PUT", path, body).not_body());
    }
    table.push(wipe());
    let put = |body: &[u8]| case("PUT", "/metrics/job/j", body);
    let kind = "Content-Type";
    table.extend([
        put(MESSAGE).with(kind, DELIMITED),
        put(MESSAGE.split_last().map_or(&[][..], |(_, most)| most))
            .with(kind, DELIMITED)
            .not_body(),
        put(MESSAGE).with(kind, "application/vnd.google.protobuf"),
        put(b"y 1\n").with(kind, "application/json"),
        put(GZIP).with("Content-Encoding", "gzip"),
        put(b"no gzip").with("Content-Encoding", "gzip").not_body(),
        put(b"z 1\n").with("Content-Encoding", "br"),
        put(b"no snappy")
            .with("Content-Encoding", "snappy")
            .not_body(),
        put(b"\xff\x06\x00\x00sNaPpY\x01\x08\x00\x00\x91\x12\x10\xc6v 1\n")
            .with("Content-Encoding", "snappy")
            .not_body(),
        // Last: after it the original answers no push to a job in base64 any more.
        case("DELETE", "/metrics/job@base64/!!", ""),
        case("PUT", "/metrics/job@base64/!!", "x 1\n"),
    ]);
    table
}
