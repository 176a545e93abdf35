//! A long list in pages, the latest entries first. The name of the next page is a moment and how
//! many entries of that moment were shown: it stays right while entries are added, and after a
//! restart.

use crate::answer::ApiError;
use crate::params::Params;

/// Entries of a page where nothing is said, and at most.
const ENTRIES: usize = 100;
const MAX_ENTRIES: usize = 1_000;

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Milliseconds since the epoch.
    at: i64,
    /// Entries of that moment that come before.
    shown: usize,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (at, shown) = text.split_once('.')?;
        Some(Self {
            at: at.parse().ok()?,
            shown: shown.parse().ok()?,
        })
    }
}

/// The entries of the page that is asked for by `page` and `limit`, and the name of the next one,
/// if there is any.
pub(super) fn cut<T>(
    mut entries: Vec<T>,
    params: &Params,
    at: impl Fn(&T) -> i64,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let place = match params.get("page") {
        "" => None,
        text => Some(Place::parse(text).ok_or_else(|| {
            ApiError::parameter("page", "it is no page that an answer has named")
        })?),
    };
    let limit = match params.limit("limit")? {
        0 => ENTRIES,
        limit => limit.min(MAX_ENTRIES),
    };
    entries.sort_by_key(|entry| std::cmp::Reverse(at(entry)));
    let mut first = 0;
    if let Some(place) = place {
        first = entries.partition_point(|entry| at(entry) > place.at);
        let of_moment = entries.iter().skip(first);
        let of_moment = of_moment.take_while(|entry| at(entry) == place.at).count();
        first += of_moment.min(place.shown);
    }
    let end = first.saturating_add(limit);
    let more = end < entries.len();
    let last = end
        .checked_sub(1)
        .and_then(|last| entries.get(last))
        .map(&at);
    let next = last.filter(|_| more).map(|moment| {
        let before = entries.iter().take(end);
        let shown = before.filter(|entry| at(entry) == moment).count();
        format!("{moment}.{shown}")
    });
    let page = entries.into_iter().skip(first).take(limit).collect();
    Ok((page, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages of entries (moment, name) of two entries each.
    fn pages(entries: &[(i64, char)]) -> Vec<String> {
        let mut pages = Vec::new();
        let mut page = String::new();
        loop {
            let query = format!("limit=2&page={page}");
            let params = Params::parse(&[], query.as_bytes());
            let (shown, next) = cut(entries.to_vec(), &params, |entry| entry.0).unwrap();
            pages.push(shown.iter().map(|entry| entry.1).collect());
            match next {
                Some(next) => page = next,
                None => return pages,
            }
        }
    }

    #[test]
    fn every_entry_is_on_one_page() {
        for (entries, expected) in [
            (&[][..], &[""][..]),
            (&[(1, 'a'), (2, 'b')], &["ba"]),
            (&[(3, 'a'), (2, 'b'), (1, 'c')], &["ab", "c"]),
            (
                &[(1, 'a'), (1, 'b'), (1, 'c'), (1, 'd'), (0, 'e')],
                &["ab", "cd", "e"],
            ),
            (&[(2, 'a'), (1, 'b'), (1, 'c'), (1, 'd')], &["ab", "cd"]),
        ] {
            assert_eq!(pages(entries), expected, "{entries:?}");
        }
    }

    #[test]
    fn new_entries_move_nothing_to_a_later_page() {
        let params = |query: &str| Params::parse(&[], query.as_bytes());
        let old = vec![(3, 'a'), (2, 'b'), (1, 'c')];
        let (_, next) = cut(old.clone(), &params("limit=1"), |entry| entry.0).unwrap();
        let query = format!("limit=1&page={}", next.unwrap());
        let more = [vec![(9, 'x')], old].concat();
        let (page, _) = cut(more, &params(&query), |entry| entry.0).unwrap();
        assert_eq!(page, [(2, 'b')]);
        for bad in ["page=x", "page=1", "page=1.x", "limit=-1"] {
            assert!(
                cut(vec![(1, 'a')], &params(bad), |entry| entry.0).is_err(),
                "{bad}"
            );
        }
    }
}
