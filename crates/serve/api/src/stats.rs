//! What a query cost, as JSON: upstream's fields, and under `work` those that Argand has besides.

use std::fmt::Write as _;
use std::time::Duration;

use model::{name, number};
use promql::{Stats, StepSamples};

/// The statistics of a query as one JSON object, for answers and logs.
pub fn stats_json(stats: &Stats) -> String {
    let mut out = String::new();
    push(&mut out, stats);
    out
}

/// What there is to say about a value of the parameter `stats` that has no meaning.
pub(crate) fn warning(asked: &str) -> Option<String> {
    let known = matches!(asked, "" | "true" | "all");
    (!known).then(|| {
        format!(
            "value {} for parameter \"stats\" is deprecated and will be rejected in the next major release, use \"true\" or \"all\"",
            name::quoted(asked)
        )
    })
}

pub(crate) fn push(out: &mut String, stats: &Stats) {
    let evaluated = stats.prepare_time + stats.eval_time;
    let timings: [(&str, Duration); 6] = [
        ("{\"timings\":{\"evalTotalTime\":", evaluated),
        (",\"resultSortTime\":", stats.sort_time),
        (",\"queryPreparationTime\":", stats.prepare_time),
        (
            ",\"innerEvalTime\":",
            stats.eval_time.saturating_sub(stats.sort_time),
        ),
        (",\"execQueueTime\":", stats.queue_time),
        (",\"execTotalTime\":", stats.queue_time + evaluated),
    ];
    for (field, time) in timings {
        out.push_str(field);
        // Writing to a text never fails.
        let _ = write!(out, "{}", time.as_secs_f64());
    }
    out.push_str("},\"samples\":{");
    if let Some(steps) = &stats.steps {
        push_steps(out, "totalQueryableSamplesPerStep", steps, &steps.total);
    }
    let _ = write!(out, "\"totalQueryableSamples\":{},", stats.total_samples);
    if let Some(steps) = &stats.steps {
        push_steps(out, "samplesReadPerStep", steps, &steps.read);
    }
    let _ = write!(
        out,
        "\"samplesRead\":{},\"peakSamples\":{}}},\"work\":{{\"peakBytes\":{},\"series\":{},\"chunks\":{},\"blocks\":{}}}}}",
        stats.samples_read,
        stats.peak_samples,
        stats.peak_bytes,
        stats.series,
        stats.chunks,
        stats.blocks,
    );
}

/// `"field":[[seconds,count],…],`
fn push_steps(out: &mut String, field: &str, steps: &StepSamples, counts: &[u64]) {
    let _ = write!(out, "\"{field}\":[");
    let mut time = steps.first;
    for (place, count) in counts.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push('[');
        number::push_seconds(out, time);
        let _ = write!(out, ",{count}]");
        time = time.saturating_add(steps.interval);
    }
    out.push_str("],");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_upstream_and_ours_beside() {
        let mut stats = Stats {
            total_samples: 7,
            samples_read: 5,
            peak_samples: 3,
            peak_bytes: 1024,
            series: 2,
            chunks: 4,
            blocks: 1,
            queue_time: Duration::from_millis(2),
            prepare_time: Duration::from_millis(1),
            eval_time: Duration::from_millis(500),
            sort_time: Duration::from_millis(100),
            ..Stats::default()
        };
        let timings = r#""timings":{"evalTotalTime":0.501,"resultSortTime":0.1,"queryPreparationTime":0.001,"innerEvalTime":0.4,"execQueueTime":0.002,"execTotalTime":0.503}"#;
        let work = r#""work":{"peakBytes":1024,"series":2,"chunks":4,"blocks":1}"#;
        assert_eq!(
            stats_json(&stats),
            format!(
                r#"{{{timings},"samples":{{"totalQueryableSamples":7,"samplesRead":5,"peakSamples":3}},{work}}}"#
            )
        );
        stats.steps = Some(StepSamples {
            first: 1500,
            interval: 500,
            total: vec![3, 4],
            read: vec![3, 2],
        });
        assert_eq!(
            stats_json(&stats),
            format!(
                r#"{{{timings},"samples":{{"totalQueryableSamplesPerStep":[[1.5,3],[2,4]],"totalQueryableSamples":7,"samplesReadPerStep":[[1.5,3],[2,2]],"samplesRead":5,"peakSamples":3}},{work}}}"#
            )
        );
    }

    #[test]
    fn other_values_are_warned_of() {
        for known in ["", "true", "all"] {
            assert_eq!(warning(known), None);
        }
        assert!(warning("1").is_some_and(|text| text.starts_with(r#"value "1" for"#)));
    }
}
