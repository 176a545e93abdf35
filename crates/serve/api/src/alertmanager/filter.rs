//! Which alerts a request asks for.

use axum::http::Uri;
use config::alertmanager::parse_matcher;
use model::{Matcher, Pattern};
use routing::AlertFilter;

use super::answer::Fault;
use crate::params::Params;

/// The words that upstream takes for yes; all others are no.
const YES: [&str; 10] = [
    "true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled",
];

/// The matchers of all `filter` parameters.
pub(super) fn matchers(uri: &Uri) -> Result<Vec<Matcher>, Fault> {
    read_matchers(&Params::of_url(uri))
}

fn read_matchers(params: &Params) -> Result<Vec<Matcher>, Fault> {
    params
        .all("filter")
        .map(|text| parse_matcher(text).map_err(|error| Fault::Bad(error.to_string())))
        .collect()
}

/// The filter of a request for alerts or groups.
pub(super) fn alerts(uri: &Uri) -> Result<AlertFilter, Fault> {
    let params = Params::of_url(uri);
    let shown = |name: &str| match params.get(name) {
        "" => true,
        word => YES.contains(&word.to_ascii_lowercase().as_str()),
    };
    let receiver = match params.get("receiver") {
        "" => None,
        text => Some(
            Pattern::new(text)
                .map_err(|error| Fault::Bad(format!("failed to parse receiver param: {error}")))?,
        ),
    };
    Ok(AlertFilter {
        active: shown("active"),
        silenced: shown("silenced"),
        inhibited: shown("inhibited"),
        muted: shown("muted"),
        matchers: read_matchers(&params)?,
        receiver,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_yes_and_no() {
        let uri: Uri = "/alerts?active=x&silenced=ON&filter=a%3Db&filter=c!%3Dd"
            .parse()
            .unwrap();
        let filter = alerts(&uri).unwrap();
        assert!(!filter.active && filter.silenced && filter.inhibited && filter.muted);
        assert_eq!(filter.matchers.len(), 2);
        for bad in ["/?receiver=%28", "/?filter=a", "/?filter=", "/?filter=%7B"] {
            assert!(
                matches!(alerts(&bad.parse().unwrap()), Err(Fault::Bad(_))),
                "{bad}"
            );
        }
    }
}
