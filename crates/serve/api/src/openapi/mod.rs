//! `openapi.yaml`: what every route takes and gives, for generators of clients and for tests.
//!
//! The document is a file beside this one. A test holds the router's routes against its paths, so
//! that neither knows what the other does not; another asks a running server everything that the
//! document allows and some that it does not (`tests/openapi.sh`).

use axum::http::header;
use axum::response::IntoResponse;

/// OpenAPI 3.1.
const DOCUMENT: &str = include_str!("argand.yaml");

/// `/api/v1/openapi.yaml`
pub(crate) async fn document() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/yaml; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, DOCUMENT)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;
    use std::time::Duration;

    use axum::Router;
    use contract::SystemClock;
    use serde_json::Value;

    use super::DOCUMENT;
    use crate::{CorsOrigin, Face, FaceOptions, Runtime};

    /// The paths of a router. It tells them through `Debug` alone: `RouteId(0): "/path"`.
    fn paths(router: &Router) -> BTreeSet<String> {
        let text = format!("{router:?}");
        let parts = text.split("RouteId(").skip(1);
        let path = |part: &str| {
            let (number, rest) = part.split_once("): \"")?;
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            let (path, _) = rest.split_once('"')?;
            is_number.then(|| path.to_owned())
        };
        // What answers where nothing else does is a route, too, and one for what it is below.
        let (fallbacks, mut paths): (BTreeSet<String>, BTreeSet<String>) = parts
            .filter_map(path)
            .partition(|path| path.contains("__private__"));
        for (top, _) in fallbacks.iter().filter_map(|path| path.rsplit_once('/')) {
            paths.remove(if top.is_empty() { "/" } else { top });
        }
        paths
    }

    fn face() -> Arc<Face> {
        Face::new(FaceOptions {
            runtime: Arc::new(Runtime::new(0, "", BTreeMap::new(), String::new())),
            clock: Arc::new(SystemClock),
            lifecycle: None,
            admin_api: false,
            features: BTreeMap::new(),
            search_limit: None,
            heap: Vec::new,
            prefix: String::new(),
            cors: CorsOrigin::new(".*").expect("a pattern"),
            query_timeout: Duration::from_secs(1),
            gatherers: Vec::new(),
            exporters: BTreeMap::new(),
        })
    }

    #[test]
    fn the_document_has_the_routers_paths_and_no_others() {
        let document: Value = serde_saphyr::from_str(DOCUMENT).expect("YAML");
        let documented = document["paths"].as_object().expect("an object").keys();
        let mut documented: BTreeSet<String> = documented.cloned().collect();
        let mut routed = paths(&crate::router(face()));
        assert!(routed.contains("/api/v1/query"), "{routed:?}");
        // What Alertmanager and the push gateway answer has routers of its own below these.
        let alerting = [
            "/api/v2",
            "/alertmanager/api/v2",
            "/api/v1/alerting",
            "/pushgateway",
        ];
        for top in alerting {
            assert!(routed.remove(&format!("{top}/{{*path}}")), "{routed:?}");
        }
        assert!(
            documented.contains("/pushgateway/metrics"),
            "{documented:?}"
        );
        documented.retain(|path| !alerting.iter().any(|top| path.starts_with(top)));
        assert_eq!(documented, routed);
    }
}
