//! A request in parts that a server takes or refuses as a whole for good reason.
//!
//! Servers such as Prometheus refuse a whole request of version 1.0 where one of its samples is
//! older than what they have. A request that may have been taken before (the answer was lost, or
//! this process was killed before it was noted) is such a one, and where its bounds are others
//! than then it also has samples that are new. The samples of one record and moment are a scrape's:
//! what the server has of it is the newest of its series, and newest samples may be repeated. So,
//! run by run, whatever is new is taken.

use super::item::Item;

/// The parts, in order.
pub(super) fn runs(items: &[Item]) -> impl Iterator<Item = &[Item]> {
    items.chunk_by(|one, next| one.mark.at == next.mark.at && one.time == next.time)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use contract::LogPosition;

    use super::super::item::{Series, Value};
    use super::*;

    #[test]
    fn a_run_is_of_one_record_and_one_moment() {
        let series = Arc::new(Series {
            hash: 0,
            labels: Box::default(),
            metadata: None,
        });
        let item = |&(offset, time): &(u64, i64)| Item {
            series: Arc::clone(&series),
            mark: LogPosition { segment: 1, offset }.into(),
            time,
            value: Value::Number(0.0),
        };
        let items: Vec<Item> = [(0, 1), (0, 1), (0, 2), (9, 2), (9, 2), (9, 2)]
            .iter()
            .map(item)
            .collect();
        let lengths: Vec<usize> = runs(&items).map(<[Item]>::len).collect();
        assert_eq!(lengths, [2, 1, 3]);
        assert_eq!(runs(&[]).count(), 0);
    }
}
