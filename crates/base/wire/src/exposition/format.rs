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

impl Format {
    /// The form that a `Content-Type` names; `None` for others.
    pub fn from_content_type(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        let media = parts.next()?.to_ascii_lowercase();
        let version = parts.clone().find_map(|part| part.strip_prefix("version="));
        match media.as_str() {
            "text/plain" if version == Some("1.0.0") => Some(Self::Text100),
            "text/plain" => Some(Self::Text004),
            "application/openmetrics-text" if version == Some("0.0.1") => {
                Some(Self::OpenMetrics001)
            }
            "application/openmetrics-text" => Some(Self::OpenMetrics100),
            "application/vnd.google.protobuf" => Some(Self::Protobuf),
            _ => None,
        }
    }

    /// Whether it is one of the OpenMetrics forms.
    pub fn is_open_metrics(self) -> bool {
        matches!(self, Self::OpenMetrics001 | Self::OpenMetrics100)
    }
}
