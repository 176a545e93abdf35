//! The forms, and how their names are written in HTTP headers.

/// A form of exposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `text/plain; version=0.0.4`
    Text004,
    /// `text/plain; version=1.0.0`
    Text100,
    /// `application/openmetrics-text; version=0.0.1`
    OpenMetrics001,
    /// `application/openmetrics-text; version=1.0.0`
    OpenMetrics100,
    /// `application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited`
    Protobuf,
}

/// The one protobuf message that is understood.
const MESSAGE: &str = "io.prometheus.client.MetricFamily";

impl Format {
    /// The form that a `Content-Type` names; `None` for others. Names of types and parameters may
    /// be in any case, values in quotes; a version that is not known counts as the oldest, as
    /// upstream reads it, and other parameters (`escaping`, `charset`) do not matter.
    pub fn from_content_type(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        let media = parts.next()?.to_ascii_lowercase();
        let parameter = |wanted: &str| {
            let pairs = parts.clone().filter_map(|part| part.split_once('='));
            pairs
                .filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.trim().trim_matches('"'))
                .next()
        };
        match media.as_str() {
            "text/plain" => Some(match parameter("version") {
                Some("1.0.0") => Self::Text100,
                _ => Self::Text004,
            }),
            "application/openmetrics-text" => Some(match parameter("version") {
                Some("1.0.0") => Self::OpenMetrics100,
                _ => Self::OpenMetrics001,
            }),
            "application/vnd.google.protobuf" => {
                let understood = parameter("proto").is_none_or(|proto| proto == MESSAGE)
                    && parameter("encoding").is_none_or(|encoding| encoding == "delimited");
                understood.then_some(Self::Protobuf)
            }
            _ => None,
        }
    }

    /// The media type with its version, as an `Accept` header lists it before its weight.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Text004 => "text/plain;version=0.0.4",
            Self::Text100 => "text/plain;version=1.0.0",
            Self::OpenMetrics001 => "application/openmetrics-text;version=0.0.1",
            Self::OpenMetrics100 => "application/openmetrics-text;version=1.0.0",
            Self::Protobuf => {
                "application/vnd.google.protobuf;\
                 proto=io.prometheus.client.MetricFamily;encoding=delimited"
            }
        }
    }

    /// The `Content-Type` of a body in this form.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text004 => "text/plain; version=0.0.4; charset=utf-8",
            Self::Text100 => "text/plain; version=1.0.0; charset=utf-8",
            Self::OpenMetrics001 => "application/openmetrics-text; version=0.0.1; charset=utf-8",
            Self::OpenMetrics100 => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; \
                 proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// Whether it is one of the OpenMetrics forms.
    pub fn is_open_metrics(self) -> bool {
        matches!(self, Self::OpenMetrics001 | Self::OpenMetrics100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        for (value, format) in [
            ("text/plain", Some(Format::Text004)),
            (
                "text/plain; version=0.0.4; charset=utf-8",
                Some(Format::Text004),
            ),
            (
                "TEXT/Plain ;Version=\"1.0.0\"; escaping=allow-utf-8",
                Some(Format::Text100),
            ),
            ("application/openmetrics-text", Some(Format::OpenMetrics001)),
            (
                "application/openmetrics-text; version=1.0.0",
                Some(Format::OpenMetrics100),
            ),
            ("application/vnd.google.protobuf", Some(Format::Protobuf)),
            ("application/vnd.google.protobuf; encoding=text", None),
            ("application/vnd.google.protobuf; proto=other", None),
            ("text/html", None),
            ("", None),
        ] {
            assert_eq!(Format::from_content_type(value), format, "{value}");
        }
        for format in [
            Format::Text004,
            Format::Text100,
            Format::OpenMetrics001,
            Format::OpenMetrics100,
            Format::Protobuf,
        ] {
            assert_eq!(
                Format::from_content_type(format.content_type()),
                Some(format)
            );
            assert_eq!(Format::from_content_type(format.media_type()), Some(format));
        }
    }
}
