//! From matchers to the references of series.
//!
//! A matcher that an absent label fits takes away the series whose label does not fit; any other
//! keeps the series whose label does. Patterns are tried on the distinct values of a label only.

use std::cell::Cell;

use contract::{SelectError, Watch};
use model::{MatchOp, Matcher};

use super::index_read::Index;
use super::postings::{Postings, union};

/// Values of a label that a pattern is tried on before the watch is asked.
const VALUES_AT_ONCE: usize = 1024;

/// The series that all matchers fit, sorted; stops where the watch does not go on.
pub(super) fn matching(
    index: &Index,
    matchers: &[Matcher],
    watch: &dyn Watch,
) -> Result<Vec<u32>, SelectError> {
    let (excluding, including): (Vec<&Matcher>, Vec<&Matcher>) =
        matchers.iter().partition(|m| m.matches_absent());
    let mut wanted = Vec::with_capacity(including.len());
    for matcher in including {
        let list = of_values(index, matcher, MatchOp::Equal, watch)?;
        if list.len() == 0 {
            return Ok(Vec::new());
        }
        wanted.push(list);
    }
    // The shortest first: it bounds all that follow.
    wanted.sort_by_key(Postings::len);
    let mut wanted = wanted.into_iter();
    let mut found = match wanted.next() {
        Some(list) => list,
        None => index.all()?,
    };
    for list in wanted {
        found = found.intersect(&list);
    }
    for matcher in excluding {
        if found.len() == 0 {
            break;
        }
        found = found.subtract(&of_values(index, matcher, MatchOp::NotEqual, watch)?);
    }
    Ok(found.into_vec())
}

/// The series that have the matcher's label with a value that fits (`Equal`) or does not
/// (`NotEqual`).
fn of_values<'a>(
    index: &'a Index,
    matcher: &Matcher,
    side: MatchOp,
    watch: &dyn Watch,
) -> Result<Postings<'a>, SelectError> {
    let wants_fitting = side == MatchOp::Equal;
    let literals = match matcher.op() {
        MatchOp::Equal if wants_fitting => Some(vec![matcher.value().to_owned()]),
        MatchOp::NotEqual if !wants_fitting => Some(vec![matcher.value().to_owned()]),
        MatchOp::Regex if wants_fitting => matcher.pattern().and_then(|p| p.literals()),
        MatchOp::NotRegex if !wants_fitting => matcher.pattern().and_then(|p| p.literals()),
        _ => None,
    };
    let lists = match literals {
        Some(literals) => literals
            .iter()
            .map(|value| index.find(matcher.name(), value))
            .collect::<Result<_, _>>()?,
        None => {
            let (tried, stopped) = (Cell::new(0), Cell::new(false));
            let lists = index.filter(matcher.name(), |value| {
                tried.set(tried.get() + 1);
                if tried.get() % VALUES_AT_ONCE == 0 && !watch.goes_on(0) {
                    stopped.set(true);
                }
                // What is left of the table is only walked over.
                !stopped.get() && matcher.matches(value) == wants_fitting
            })?;
            if stopped.get() {
                return Err(SelectError::Stopped);
            }
            lists
        }
    };
    Ok(union(lists))
}
