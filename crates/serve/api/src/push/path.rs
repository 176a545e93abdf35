//! Which place a path names.

/// A place of a push gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Home,
    Metrics,
    /// A group; the part of the path behind `/metrics/job`.
    Push(String),
    Healthy,
    Ready,
    Quit,
    Status,
    List,
    Groups,
    Wipe,
    /// Another path is meant: this one without its last slash, or with one.
    Beside(&'static str),
    Nowhere,
}

const JOB: &str = "/metrics/job";

/// The place of a path, which is decoded and cleaned; `metrics` is where the metrics are shown.
pub(super) fn place(path: &str, metrics: &str) -> Place {
    if path == metrics {
        return Place::Metrics;
    }
    match path {
        "/" | "/status" => Place::Home,
        "/-/healthy" => Place::Healthy,
        "/-/ready" => Place::Ready,
        "/-/quit" => Place::Quit,
        "/api/v1/status" => Place::Status,
        "/api/v1/metrics" => Place::List,
        "/api/v1/groups" => Place::Groups,
        "/api/v1/admin/wipe" => Place::Wipe,
        "/api/v1" => Place::Beside("/api/v1/"),
        "/metrics/job/" => Place::Beside("/metrics/job"),
        "/metrics/job@base64/" => Place::Beside("/metrics/job@base64"),
        "/-/healthy/" => Place::Beside("/-/healthy"),
        "/-/ready/" => Place::Beside("/-/ready"),
        "/status/" => Place::Beside("/status"),
        _ => match path.strip_prefix(JOB) {
            Some(labels) if labels.starts_with('/') || labels.starts_with("@base64/") => {
                Place::Push(labels.to_owned())
            }
            _ => Place::Nowhere,
        },
    }
}

/// The path without percent signs; `None` where it is no text.
pub(super) fn decoded(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("/".to_owned());
    }
    if !path.contains('%') {
        return Some(path.to_owned());
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, behind) = rest.split_first_chunk::<2>()?;
        let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
        bytes.push(u8::try_from(high? * 16 + low?).ok()?);
        rest = behind;
    }
    String::from_utf8(bytes).ok()
}

/// The shortest path that means the same: no empty parts, no `.` and `..`; a last slash stays.
pub(super) fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut cleaned = String::with_capacity(path.len());
    for part in &parts {
        cleaned.push('/');
        cleaned.push_str(part);
    }
    if parts.is_empty() || path.ends_with('/') {
        cleaned.push('/');
    }
    cleaned
}

/// A place to go to, as a header names it.
pub(super) fn with_query(prefix: &str, path: &str, query: Option<&str>) -> String {
    const PLAIN: &[u8] = b"/-_.~$&+:=@";
    let mut place = prefix.to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
            place.push(char::from(byte));
        } else {
            place.push_str(&format!("%{byte:02X}"));
        }
    }
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        place.push('?');
        place.push_str(query);
    }
    place
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_path_names() {
        for (path, expected) in [
            ("/metrics", Place::Metrics),
            ("/metrics/", Place::Nowhere),
            ("/metrics/job", Place::Nowhere),
            ("/metrics/job/a", Place::Push("/a".to_owned())),
            ("/metrics/job/a/b/c/", Place::Push("/a/b/c/".to_owned())),
            (
                "/metrics/job@base64/YQ",
                Place::Push("@base64/YQ".to_owned()),
            ),
            ("/metrics/jobs/a", Place::Nowhere),
            ("/metrics/job/", Place::Beside("/metrics/job")),
        ] {
            assert_eq!(place(path, "/metrics"), expected, "{path}");
        }
        assert_eq!(decoded("/a%2Fb%20"), Some("/a/b ".to_owned()));
        assert_eq!(
            (decoded("/%zz"), decoded("/%ff"), decoded("/%f")),
            (None, None, None)
        );
        for (path, expected) in [
            ("/a//b", "/a/b"),
            ("/a/../b/./", "/b/"),
            ("//", "/"),
            ("/..", "/"),
        ] {
            assert_eq!(cleaned(path), expected, "{path}");
        }
        assert_eq!(with_query("/p", "/a b?", Some("x=1")), "/p/a%20b%3F?x=1");
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_so(path in "/[a./%2F]{0,20}") {
            if let Some(decoded) = decoded(&path) {
                let once = cleaned(&decoded);
                prop_assert_eq!(cleaned(&once), once);
            }
        }
    }
}
