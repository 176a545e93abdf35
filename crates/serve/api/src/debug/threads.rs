//! The threads of this process as the kernel lists them.

use std::collections::{BTreeMap, HashMap};
use std::fs;

/// Threads that are looked at: more than the pools may have.
const MAX_THREADS: usize = 16_384;

/// A thread's number, its name, and the nanoseconds it ran.
pub(super) type Times = HashMap<String, (String, i64)>;

/// How long each thread has run so far.
pub(super) fn processor_time() -> Times {
    let mut times = Times::new();
    for (number, name) in threads() {
        // "<nanoseconds on a processor> <nanoseconds waiting> <time slices>"
        let text = fs::read_to_string(format!("/proc/self/task/{number}/schedstat"));
        let ran = text.ok().and_then(|text| {
            let (ran, _) = text.split_once(' ')?;
            ran.parse().ok()
        });
        times.insert(number, (name, ran.unwrap_or(0)));
    }
    times
}

/// How long threads of each name ran between two looks.
pub(super) fn since(before: &Times, after: &Times) -> BTreeMap<String, i64> {
    let mut ran = BTreeMap::new();
    for (number, (name, now)) in after {
        let earlier = before.get(number).map_or(0, |(_, time)| *time);
        *ran.entry(name.clone()).or_insert(0) += now.saturating_sub(earlier).max(0);
    }
    ran.retain(|_, time| *time > 0);
    ran
}

/// How many threads of each name there are.
pub(super) fn counts() -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for (_, name) in threads() {
        *counts.entry(name).or_insert(0) += 1;
    }
    counts
}

/// Number and name of each thread. Those that end meanwhile are left out.
fn threads() -> Vec<(String, String)> {
    let Ok(folder) = fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    folder
        .flatten()
        .take(MAX_THREADS)
        .filter_map(|entry| {
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            let number = entry.file_name().to_string_lossy().into_owned();
            Some((number, kind(name.trim_end())))
        })
        .collect()
}

/// Workers of a pool that are numbered (`worker-3`) have one name.
fn kind(name: &str) -> String {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    bare.trim_end_matches(['-', '_', ' ', '#']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_what_was_added_by_name() {
        let times = |list: &[(&str, &str, i64)]| -> Times {
            let one = |(number, name, ran): &(&str, &str, i64)| {
                ((*number).to_owned(), ((*name).to_owned(), *ran))
            };
            list.iter().map(one).collect()
        };
        let before = times(&[("1", "a", 10), ("2", "a", 5), ("3", "b", 7)]);
        let after = times(&[("1", "a", 15), ("2", "a", 9), ("3", "b", 7), ("4", "c", 2)]);
        let ran: Vec<_> = since(&before, &after).into_iter().collect();
        assert_eq!(ran, [("a".to_owned(), 9), ("c".to_owned(), 2)]);
    }

    #[test]
    fn workers_of_a_pool_have_one_name() {
        for (name, expected) in [("query-12", "query"), ("scrape", "scrape"), ("x#1", "x")] {
            assert_eq!(kind(name), expected);
        }
        assert!(counts().values().sum::<i64>() >= 1);
    }
}
