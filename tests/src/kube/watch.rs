//! Watches: what happens, as it happens.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::json;

use super::line::{Line, Request};
use super::status;
use super::store::{News, Query, Store};

/// Time between two bookmarks where nothing happens; real servers take a minute.
const BOOKMARK: Duration = Duration::from_secs(2);
/// How long a watch lasts where the client does not say.
const LENGTH: u64 = 300;

pub(super) fn serve(
    store: &Store,
    line: &mut Line,
    request: &Request,
    query: &Query,
) -> Result<()> {
    let seconds = request.value("timeoutSeconds").parse().unwrap_or(LENGTH);
    let end = Instant::now() + Duration::from_secs(seconds);
    let bookmarks = matches!(request.value("allowWatchBookmarks"), "1" | "true");
    let mut version: u64 = request.value("resourceVersion").parse().unwrap_or_default();
    let hung_up = store.hung_up();
    line.begin()?;
    let mut told = Instant::now();
    while Instant::now() < end {
        match store.news(query, version, hung_up, BOOKMARK) {
            News::Lines(lines, now) => {
                line.piece(&lines)?;
                version = now;
            }
            News::Nothing(now) => {
                version = now;
                if bookmarks && told.elapsed() >= BOOKMARK {
                    told = Instant::now();
                    let bookmark = json!({"type": "BOOKMARK", "object": {
                        "kind": query.kind.kind, "apiVersion": query.kind.version,
                        "metadata": {"resourceVersion": version.to_string()},
                    }});
                    line.piece(&format!("{bookmark}\n"))?;
                }
            }
            News::Forgotten => {
                let gone = status(410, "Expired", "too old resource version");
                line.piece(&format!("{{\"type\":\"ERROR\",\"object\":{gone}}}\n"))?;
                return line.piece("");
            }
            // The connection breaks in the middle of an answer.
            News::End => bail!("hung up"),
        }
    }
    line.piece("")
}
