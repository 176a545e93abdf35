//! Bounds of buckets and quantiles in the text formats.

use super::*;

/// A summary and a histogram, of which `buckets` are.
fn body(buckets: &str) -> String {
    format!(
        "# TYPE s summary\ns{{quantile=\"1\"}} 1\n# HELP h Of TYPE histogram.\n# TYPE h histogram\n\
         {buckets}h_count 1\n# TYPE g gauge\ng{{le=\"1\"}} 1\n"
    )
}

#[test]
fn bounds_are_stored_as_numbers_are_written() {
    let mut target = harness(&section("j"));
    let open = body("h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\n") + "# EOF\n";
    target
        .scrape(10, &body("h_bucket{le=\"1\"} 1\n"))
        // The lines before it are known and passed over.
        .scrape(20, &body("h_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 1\n"))
        // Other words for the same series.
        .scrape(
            30,
            &body("h_bucket{le=\"1e0\"} 1\nh_bucket{le=\"2.0\"} 1\n"),
        )
        .scrape_as(40, &open, Format::OpenMetrics100);
    assert_eq!(
        stored(&target.store),
        [
            r#"{__name__="g", le="1"} 1@10 1@20 1@30 1@40"#,
            r#"{__name__="h_bucket", le="+Inf"} 1@40"#,
            r#"{__name__="h_bucket", le="1.0"} 1@10 1@20 1@30 1@40"#,
            r#"{__name__="h_bucket", le="2.0"} 1@20 1@30 E@40"#,
            r#"{__name__="h_count"} 1@10 1@20 1@30 1@40"#,
            r#"{__name__="s", quantile="1.0"} 1@10 1@20 1@30 1@40"#,
        ]
    );
}

/// A store that forgets a series is told its labels again.
#[test]
fn forgotten_series_come_back_under_the_same_labels() {
    let store = Arc::new(Forgetful::default());
    let mut target = harness_on(&section("j"), Arc::clone(&store));
    let page = body("h_bucket{le=\"1\"} 1\n");
    target.scrape(10, &page).scrape(20, &page);
    let resolved = store.resolved.lock();
    let of_bounds = |labels: &&Labels| labels.get("le").or(labels.get("quantile")).is_some();
    let told: Vec<&Labels> = resolved.iter().filter(of_bounds).collect();
    assert_eq!(told.len(), 6, "{told:?}");
    assert_eq!(told.get(..3), told.get(3..));
}

/// Takes nothing for its own from the second batch on.
#[derive(Default)]
struct Forgetful {
    resolved: parking_lot::Mutex<Vec<Labels>>,
    batches: AtomicU64,
}

impl Append for Forgetful {
    fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError> {
        let mut resolved = self.resolved.lock();
        for labels in series {
            ids.push(SeriesId(resolved.len() as u64));
            resolved.push(labels.clone());
        }
        Ok(())
    }

    fn append(&self, batch: &Batch) -> Result<Appended, AppendError> {
        let forgets = self.batches.fetch_add(1, Ordering::Relaxed) == 1;
        let reason = RejectReason::Gone;
        let places = 0..if forgets { batch.samples.len() } else { 0 };
        Ok(Appended {
            stored: batch.samples.len() - places.len(),
            rejected: places.map(|place| Rejection { place, reason }).collect(),
        })
    }
}
