//! Which step a panel of so many points gets.
//!
//! The ladder of round steps is Grafana's (its data source for Prometheus), so that a dashboard
//! shows here what it shows there.

/// Milliseconds: widths up to and including the first give the second.
const LADDER: [(i64, i64); 29] = [
    (10, 1),
    (15, 10),
    (35, 20),
    (75, 50),
    (150, 100),
    (350, 200),
    (750, 500),
    (1_500, 1_000),
    (3_500, 2_000),
    (7_500, 5_000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
    (86_400_000, 43_200_000),
    (604_800_000, 86_400_000),
    (1_814_400_000, 604_800_000),
    (3_628_800_000, 2_592_000_000),
];

/// A year: beyond the ladder.
const LONGEST: i64 = 31_536_000_000;

fn rounded(width: i64) -> i64 {
    let rung = LADDER.iter().find(|(upto, _)| width <= *upto);
    rung.map_or(LONGEST, |(_, step)| *step)
}

/// The step in milliseconds for a span of so many milliseconds with about so many points, no
/// shorter than `least` and never one that gives more than `most` steps.
pub(super) fn step(span: i64, points: i64, least: i64, most: i64) -> i64 {
    let width = span.max(0) / points.max(1);
    let shortest = span.max(0).saturating_add(most - 1) / most.max(1);
    rounded(width).max(least).max(shortest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        const HOUR: i64 = 3_600_000;
        for (span, points, least, expected) in [
            (HOUR, 1_000, 0, 5_000),
            (HOUR, 1_000, 15_000, 15_000),
            (6 * HOUR, 1_000, 15_000, 20_000),
            (6 * HOUR, 1_440, 0, 15_000),
            (24 * HOUR, 1_000, 0, 60_000),
            (7 * 24 * HOUR, 1_000, 0, 600_000),
            (90 * 24 * HOUR, 500, 0, 10_800_000),
            (24 * HOUR, 1, 0, 43_200_000),
            (100 * 365 * 24 * HOUR, 1, 0, LONGEST),
            // A step that is rounded down may give more steps than are allowed.
            (385_000, 11_000, 0, 35),
            (0, 1_000, 0, 1),
            (0, 0, 0, 1),
        ] {
            let found = step(span, points, least, 11_000);
            assert_eq!(found, expected, "{span} {points} {least}");
        }
        assert!(
            LADDER
                .windows(2)
                .all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1)
        );
    }
}
