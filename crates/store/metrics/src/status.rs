//! What the store says about its size and its health.

use contract::{Cardinality, Damage, HeadState, StoreStatus, TimeRange};

use crate::Store;
use crate::head::Head;

impl StoreStatus for Store {
    fn head_state(&self, limit: usize) -> HeadState {
        self.head.read().state(limit)
    }

    fn span(&self) -> Option<TimeRange> {
        let in_blocks = self.persisted().span();
        let (in_order, late) = {
            let head = self.head.read();
            (head.range(), head.out_of_order.span())
        };
        let range = |(start, end)| TimeRange { start, end };
        [in_blocks, in_order.map(range), late.map(range)]
            .into_iter()
            .flatten()
            .reduce(|all, one| TimeRange {
                start: all.start.min(one.start),
                end: all.end.max(one.end),
            })
    }

    fn is_ready(&self) -> bool {
        self.is_replayed()
    }

    fn replay_progress(&self) -> (u64, u64, u64) {
        self.progress.get()
    }

    fn blocks(&self) -> Vec<String> {
        let persisted = self.persisted();
        let metas = persisted.blocks.iter().map(|block| block.meta());
        metas
            .filter_map(|meta| serde_json::to_string(meta).ok())
            .collect()
    }

    fn corruptions(&self) -> u64 {
        let meters = &self.meters;
        meters.log_corruptions.get()
            + meters.head_chunk_damage.get()
            + self.damages.in_reads.get()
            + self.damaged_blocks
    }

    fn damages(&self) -> Vec<Damage> {
        self.damages.list()
    }

    fn warnings(&self) -> Vec<String> {
        let trouble = &self.trouble;
        let damaged = (self.damaged_blocks > 0).then(|| {
            format!(
                "{} damaged blocks were set aside as <ULID>.damaged in {}; see the log",
                self.damaged_blocks,
                self.options.dir.display()
            )
        });
        [&trouble.log, &trouble.sync, &trouble.cut, &trouble.merge]
            .iter()
            .filter_map(|trouble| trouble.read().clone())
            .chain(damaged)
            .collect()
    }
}

impl Head {
    /// The span of the samples that came in order.
    pub(crate) fn range(&self) -> Option<(i64, i64)> {
        (self.span.0 <= self.span.1).then_some(self.span)
    }

    /// Whether any sample may lie in a range.
    pub(crate) fn overlaps(&self, range: TimeRange) -> bool {
        [self.range(), self.out_of_order.span()]
            .into_iter()
            .flatten()
            .any(|(start, end)| range.overlaps(TimeRange { start, end }))
    }

    fn state(&self, limit: usize) -> HeadState {
        let mut state = HeadState {
            series: self.series_count(),
            chunks: self.chunk_count() as u64,
            range: self.range(),
            ..HeadState::default()
        };
        let dictionary = self.dictionary.read();
        for (name, pairs) in dictionary.names() {
            let (mut values, mut bytes) = (0, 0);
            for &pair in pairs {
                let series = self.series_of_pair(pair);
                if series == 0 {
                    continue;
                }
                let value = dictionary.get(pair).1;
                values += 1;
                bytes += value.len() as u64;
                if name == model::METRIC_NAME {
                    state.series_by_metric.push((value.to_owned(), series));
                }
                state
                    .series_by_pair
                    .push((format!("{name}={value}"), series));
            }
            if values > 0 {
                state.label_pairs += values;
                state.values_by_label.push((name.to_owned(), values));
                state.bytes_by_label.push((name.to_owned(), bytes));
            }
        }
        for list in [
            &mut state.series_by_metric,
            &mut state.values_by_label,
            &mut state.bytes_by_label,
            &mut state.series_by_pair,
        ] {
            largest(list, limit);
        }
        state
    }
}

fn largest(list: &mut Cardinality, limit: usize) {
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list.truncate(limit);
}
