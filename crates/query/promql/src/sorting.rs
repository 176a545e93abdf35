//! Sorting that can be stopped: a plain sort of millions of label sets takes seconds.

use std::cmp::Ordering;

use crate::QueryError;
use crate::budget::Budget;

/// Items that are sorted in one go: some milliseconds.
const RUN: usize = 4096;

/// Sorts, equal items in the order they came; fails soon after the budget does.
pub(crate) fn sort_by<T>(
    budget: &Budget,
    mut items: Vec<T>,
    order: impl Fn(&T, &T) -> Ordering,
) -> Result<Vec<T>, QueryError> {
    if items.len() <= RUN {
        items.sort_by(order);
        return Ok(items);
    }
    let mut runs = Vec::with_capacity(items.len().div_ceil(RUN));
    while !items.is_empty() {
        budget.check()?;
        let mut run = items.split_off(items.len().saturating_sub(RUN));
        run.sort_by(&order);
        runs.push(run);
    }
    // They were taken from the end.
    runs.reverse();
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut pairs = runs.into_iter();
        while let Some(left) = pairs.next() {
            merged.push(match pairs.next() {
                Some(right) => merge(budget, left, right, &order)?,
                None => left,
            });
        }
        runs = merged;
    }
    Ok(runs.pop().unwrap_or_default())
}

fn merge<T>(
    budget: &Budget,
    left: Vec<T>,
    right: Vec<T>,
    order: &impl Fn(&T, &T) -> Ordering,
) -> Result<Vec<T>, QueryError> {
    let mut pace = budget.pace();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut right = right.into_iter().peekable();
    for one in left {
        while let Some(earlier) = right.next_if(|other| order(other, &one) == Ordering::Less) {
            pace.step()?;
            merged.push(earlier);
        }
        pace.step()?;
        merged.push(one);
    }
    merged.extend(right);
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::CancelToken;
    use crate::memory::{Memory, Pool};
    use crate::slots::{Share, Slots};

    fn budget(cancel: &CancelToken) -> Budget {
        let memory = Memory::new(Arc::new(Pool::new(u64::MAX)), u64::MAX);
        let long = Duration::from_secs(3600);
        let share = Share::new(&Arc::new(Slots::new(1)), true);
        Budget::new(usize::MAX, long, cancel.clone(), memory, share)
    }

    #[test]
    fn sorts_as_the_standard_library() {
        let budget = budget(&CancelToken::default());
        for count in [0, 1, RUN, RUN + 1, 3 * RUN + 7, 8 * RUN] {
            // Few distinct keys, so that the order of equal ones shows.
            let items: Vec<(usize, usize)> = (0..count).map(|n| (n * 7919 % 101, n)).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            let sorted = sort_by(&budget, items, |a, b| a.0.cmp(&b.0)).unwrap();
            assert!(sorted == expected, "{count} items");
        }
    }

    #[test]
    fn stops_in_the_middle() {
        let cancel = CancelToken::default();
        let budget = budget(&cancel);
        let compared = std::cell::Cell::new(0);
        let items: Vec<usize> = (0..64 * RUN).rev().collect();
        let outcome = sort_by(&budget, items, |a, b| {
            compared.set(compared.get() + 1);
            if compared.get() == 1000 {
                cancel.cancel();
            }
            a.cmp(b)
        });
        assert_eq!(
            outcome,
            Err(QueryError::Canceled("query execution".to_owned()))
        );
        assert!(compared.get() < 20 * RUN, "{} comparisons", compared.get());
    }
}
