//! The batch job: a report that runs again and again and pushes what it did.

use std::time::Duration;

use argand_client::batch::{BatchError, BatchJobMetrics};

use crate::Chance;

/// The name of the job.
pub const JOB: &str = "usage_report";

/// Share of the runs that fail.
const FAILS: f64 = 0.1;

/// Mean time of a run.
const WORK: Duration = Duration::from_millis(400);

/// Longest time for pushing the metrics of a run.
const PUSH: Duration = Duration::from_secs(10);

/// Runs the job for ever, `pause` apart, and pushes to the gateway at `address`, such as
/// `http://localhost:9091`. A push that fails is a line in the log: the job goes on.
///
/// # Errors
/// [`BatchError`] where the address makes no sense.
pub fn run(
    address: &str,
    pause: Duration,
    seed: u64,
) -> Result<impl Future<Output = ()> + Send + 'static, BatchError> {
    // Made once to see that the address is one.
    metrics(address)?;
    let (address, mut chance) = (address.to_owned(), Chance::new(seed, "batch"));
    Ok(async move {
        loop {
            if let Err(error) = once(&address, &mut chance).await {
                tracing::warn!(%error, "the metrics of a batch job were not taken");
            }
            tokio::time::sleep(pause).await;
        }
    })
}

fn metrics(address: &str) -> Result<BatchJobMetrics, BatchError> {
    let builder = BatchJobMetrics::builder(JOB, address);
    builder.grouping("instance", "fleet").deadline(PUSH).build()
}

/// One run. Metrics are made anew for each, for they tell of the last run alone.
async fn once(address: &str, chance: &mut Chance) -> Result<(), BatchError> {
    let job = metrics(address)?;
    let timer = job.track_duration();
    tokio::time::sleep(chance.time(WORK)).await;
    job.record_records("invoice", count(chance.between(40.0, 90.0)));
    job.record_records("usage_row", count(chance.between(2_000.0, 9_000.0)));
    let fails = chance.happens(FAILS);
    drop(timer);
    if fails {
        job.record_error("source_timeout");
        // Leaves the time of the last success where it is.
        return job.push_add().await;
    }
    job.record_success();
    // Takes the errors of an earlier run away, too.
    job.push().await
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number between two constants above nought"
)]
fn count(number: f64) -> u64 {
    number as u64
}
