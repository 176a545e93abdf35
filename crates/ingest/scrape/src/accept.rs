//! What a scrape asks for: the `Accept` header, and what to make of the answer's `Content-Type`.

use std::fmt::Write as _;

use config::{NameEscaping, ScrapeProtocol};
use wire::exposition::Format;

/// The media types in the order of the section, each weighted below the one before, and anything
/// at all in the end.
pub(crate) fn accept_header(protocols: &[ScrapeProtocol], escaping: NameEscaping) -> String {
    let escaping = match escaping {
        NameEscaping::AllowUtf8 => "allow-utf-8",
        NameEscaping::Underscores => "underscores",
        NameEscaping::Dots => "dots",
        NameEscaping::Values => "values",
    };
    // The weights of upstream: one more than there are protocols to choose from, going down.
    let mut weight = 6;
    let mut header = String::new();
    for protocol in protocols.iter().take(5) {
        header.push_str(media_type(*protocol));
        let modern = matches!(
            protocol,
            ScrapeProtocol::PrometheusText100 | ScrapeProtocol::OpenMetricsText100
        );
        if modern {
            let _ = write!(header, ";escaping={escaping}");
        }
        let _ = write!(header, ";q=0.{weight},");
        weight -= 1;
    }
    let _ = write!(header, "*/*;q=0.{weight}");
    header
}

fn media_type(protocol: ScrapeProtocol) -> &'static str {
    match protocol {
        ScrapeProtocol::PrometheusProto => {
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
        }
        ScrapeProtocol::PrometheusText004 => "text/plain;version=0.0.4",
        ScrapeProtocol::PrometheusText100 => "text/plain;version=1.0.0",
        ScrapeProtocol::OpenMetricsText001 => "application/openmetrics-text;version=0.0.1",
        ScrapeProtocol::OpenMetricsText100 => "application/openmetrics-text;version=1.0.0",
    }
}

/// How to read an answer: as its `Content-Type` says, or else as the section's
/// `fallback_scrape_protocol`. The error is for the targets page.
pub(crate) fn answer_format(
    content_type: Option<&str>,
    fallback: Option<ScrapeProtocol>,
) -> Result<Format, String> {
    let given = content_type.unwrap_or("").trim();
    if let Some(format) = Format::from_content_type(given).filter(|_| !given.is_empty()) {
        return Ok(format);
    }
    match fallback {
        Some(ScrapeProtocol::PrometheusProto) => Ok(Format::Protobuf),
        Some(ScrapeProtocol::PrometheusText004) => Ok(Format::Text004),
        Some(ScrapeProtocol::PrometheusText100) => Ok(Format::Text100),
        Some(ScrapeProtocol::OpenMetricsText001) => Ok(Format::OpenMetrics001),
        Some(ScrapeProtocol::OpenMetricsText100) => Ok(Format::OpenMetrics100),
        None if given.is_empty() => Err(
            "the target sends no Content-Type and no fallback_scrape_protocol is set for it"
                .to_owned(),
        ),
        None => Err(format!(
            "received unsupported Content-Type {given:?} and no fallback_scrape_protocol is set \
             for the target"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_header_is_upstreams() {
        let protocols = [
            ScrapeProtocol::OpenMetricsText100,
            ScrapeProtocol::OpenMetricsText001,
            ScrapeProtocol::PrometheusText100,
            ScrapeProtocol::PrometheusText004,
        ];
        assert_eq!(
            accept_header(&protocols, NameEscaping::AllowUtf8),
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        );
    }

    #[test]
    fn an_answer_that_does_not_say_its_form_needs_a_fallback() {
        assert!(answer_format(None, None).is_err());
        assert!(answer_format(Some("text/html"), None).is_err());
        let fallback = Some(ScrapeProtocol::PrometheusText004);
        assert!(matches!(
            answer_format(Some("text/html"), fallback),
            Ok(Format::Text004)
        ));
        assert!(matches!(answer_format(None, fallback), Ok(Format::Text004)));
    }
}
