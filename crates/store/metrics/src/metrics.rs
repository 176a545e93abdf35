//! The store's own metrics, under upstream's names.

use std::sync::atomic::Ordering;

use contract::{Gather, StoreStatus};
use model::{Family, FamilyKind, Labels};

use crate::Store;

impl Gather for Store {
    fn gather(&self, families: &mut Vec<Family>) {
        self.gather_head(families);
        self.gather_out_of_order(families);
        self.gather_log(families);
        self.gather_exemplars(families);
        self.gather_blocks(families);
    }
}

impl Store {
    fn gather_head(&self, families: &mut Vec<Family>) {
        let meters = &self.meters;
        let (series, chunks, range, symbols) = {
            let head = self.head.read();
            let symbols = head.dictionary.read().symbol_bytes();
            (
                head.series_count(),
                head.chunk_count(),
                head.range(),
                symbols,
            )
        };
        let (first, last) = range.unwrap_or_default();
        let removed = meters.chunks_removed.get();
        let mut truncation = Family::new(
            "prometheus_tsdb_head_gc_duration_seconds",
            "Time that dropping old chunks and series from the head took.",
            FamilyKind::Summary,
        );
        let seconds = &meters.head_truncation_seconds;
        truncation.points.push(seconds.point(Labels::empty()));
        let appended = Family::new(
            "prometheus_tsdb_head_samples_appended_total",
            "Samples appended to the head.",
            FamilyKind::Counter,
        )
        .with([("type", "float")], meters.samples_appended.get() as f64)
        .with(
            [("type", "histogram")],
            meters.histograms_appended.get() as f64,
        );
        families.extend([
            gauge(
                "prometheus_tsdb_head_series",
                "Series in the head.",
                series as f64,
            ),
            gauge(
                "prometheus_tsdb_head_chunks",
                "Chunks in the head.",
                chunks as f64,
            ),
            appended,
            truncation,
            counter(
                "prometheus_tsdb_head_chunks_created_total",
                "Chunks that came into the head.",
                removed.saturating_add(chunks as u64),
            ),
            counter(
                "prometheus_tsdb_head_chunks_removed_total",
                "Chunks removed from the head.",
                removed,
            ),
            counter(
                "prometheus_tsdb_head_series_created_total",
                "Series created in the head.",
                meters.series_created.get(),
            ),
            counter(
                "prometheus_tsdb_head_series_removed_total",
                "Series removed from the head.",
                meters.series_removed.get(),
            ),
            gauge(
                "prometheus_tsdb_head_min_time",
                "Earliest time in the head, in ms.",
                first as f64,
            ),
            gauge(
                "prometheus_tsdb_head_max_time",
                "Latest time in the head, in ms.",
                last as f64,
            ),
            gauge(
                "prometheus_tsdb_head_min_time_seconds",
                "Earliest time in the head, in seconds.",
                first as f64 / 1000.0,
            ),
            gauge(
                "prometheus_tsdb_head_max_time_seconds",
                "Latest time in the head, in seconds.",
                last as f64 / 1000.0,
            ),
            gauge(
                "prometheus_tsdb_symbol_table_size_bytes",
                "Bytes of the head's label texts.",
                symbols as f64,
            ),
            gauge(
                "prometheus_tsdb_head_chunks_storage_size_bytes",
                "Bytes of the head chunk files.",
                self.chunks.size_on_disk() as f64,
            ),
            gauge(
                "prometheus_tsdb_clean_start",
                "1 if the last run ended cleanly, 0 if not, -1 if the lock file is not used.",
                meters.clean_start.get(),
            ),
            gauge(
                "prometheus_tsdb_data_replay_duration_seconds",
                "Time that reading the log back took.",
                meters.replay_seconds.get(),
            ),
        ]);
    }

    /// What was refused for its time, and what was taken out of order.
    fn gather_out_of_order(&self, families: &mut Vec<Family>) {
        let meters = &self.meters;
        let refused = &meters.histograms_refused;
        let of_floats = |name, help, count: u64| {
            Family::new(name, help, FamilyKind::Counter).with([("type", "float")], count as f64)
        };
        let of_histograms =
            |family: Family, count: u64| family.with([("type", "histogram")], count as f64);
        let mut lateness = Family::new(
            "prometheus_tsdb_sample_ooo_delta",
            "Seconds by which samples that came out of order were behind, refused ones included.",
            FamilyKind::Histogram,
        );
        lateness.points.push(meters.lateness.point(Labels::empty()));
        families.extend([
            of_histograms(
                of_floats(
                    "prometheus_tsdb_head_out_of_order_samples_appended_total",
                    "Samples taken out of order.",
                    meters.late_appended.get(),
                ),
                meters.late_histograms_appended.get(),
            ),
            of_histograms(
            of_floats(
                "prometheus_tsdb_out_of_order_samples_total",
                "Samples refused because they came out of order and none are taken so.",
                meters.out_of_order.get(),
            ),
                refused.out_of_order.get(),
            ),
            of_histograms(
            of_floats(
                "prometheus_tsdb_too_old_samples_total",
                "Samples refused because they were older than the window for samples out of order.",
                meters.too_old.get(),
            ),
                refused.too_old.get(),
            ),
            of_histograms(
            of_floats(
                "prometheus_tsdb_out_of_bound_samples_total",
                "Samples refused because they were older than the head takes.",
                meters.out_of_bounds.get(),
            ),
                refused.out_of_bounds.get(),
            ),
            lateness,
            gauge(
                "prometheus_tsdb_out_of_order_wbl_storage_size_bytes",
                "Bytes of the log of samples that came out of order.",
                crate::files::folder_size(&self.options.dir.join(crate::out_of_order::FOLDER))
                    as f64,
            ),
        ]);
    }

    fn gather_log(&self, families: &mut Vec<Family>) {
        let meters = &self.meters;
        let segment = self.segment.load(Ordering::Relaxed);
        families.push(gauge(
            "prometheus_tsdb_wal_segment_current",
            "The segment of the log that is being written.",
            segment as f64,
        ));
        let mut sync = Family::new(
            "prometheus_tsdb_wal_fsync_duration_seconds",
            "Time that a sync of the log took.",
            FamilyKind::Summary,
        );
        sync.points.push(meters.log_sync.point(Labels::empty()));
        let mut truncation = Family::new(
            "prometheus_tsdb_wal_truncate_duration_seconds",
            "Time that putting the log in order took.",
            FamilyKind::Summary,
        );
        let seconds = &meters.log_truncation_seconds;
        truncation.points.push(seconds.point(Labels::empty()));
        families.extend([
            sync,
            truncation,
            counter(
                "prometheus_tsdb_checkpoint_creations_total",
                "Checkpoints of the log that were begun.",
                meters.checkpoints.get(),
            ),
            counter(
                "prometheus_tsdb_checkpoint_creations_failed_total",
                "Checkpoints of the log that failed.",
                meters.checkpoint_failures.get(),
            ),
            counter(
                "prometheus_tsdb_wal_corruptions_total",
                "Places where the log was damaged.",
                meters.log_corruptions.get(),
            ),
            counter(
                "prometheus_tsdb_wal_writes_failed_total",
                "Writes to the log that failed.",
                meters.log_failures.get(),
            ),
            counter(
                "prometheus_tsdb_wal_truncations_total",
                "Truncations of the log.",
                meters.log_truncations.get(),
            ),
            counter(
                "prometheus_tsdb_wal_truncations_failed_total",
                "Truncations of the log that failed.",
                meters.log_truncation_failures.get(),
            ),
            counter(
                "prometheus_tsdb_head_truncations_total",
                "Truncations of the head.",
                meters.head_truncations.get(),
            ),
            counter(
                "prometheus_tsdb_head_truncations_failed_total",
                "Truncations of the head that failed.",
                meters.head_truncation_failures.get(),
            ),
            counter(
                "prometheus_tsdb_mmap_chunk_corruptions_total",
                "Head chunk files that were damaged.",
                meters.head_chunk_damage.get(),
            ),
            gauge(
                "argand_tsdb_read_only",
                "1 while the log cannot be written and samples are refused.",
                f64::from(u8::from(self.trouble.log.read().is_some())),
            ),
            counter(
                "prometheus_tsdb_snapshot_replay_error_total",
                "Snapshots of the head that could not be read.",
                meters.snapshot_failures.get(),
            ),
            counter(
                "argand_tsdb_unknown_wal_records_total",
                "Log records of kinds that are not known.",
                meters.unknown_records.get(),
            ),
            counter(
                "argand_tsdb_duplicate_samples_total",
                "Samples refused because their series has another value at their time.",
                meters.duplicates.get() + meters.histograms_refused.duplicates.get(),
            ),
            counter(
                "argand_tsdb_invalid_histograms_total",
                "Native histograms refused because they say what cannot be.",
                meters.histograms_refused.invalid.get(),
            ),
            gauge(
                "prometheus_tsdb_wal_storage_size_bytes",
                "Bytes of the log.",
                crate::files::folder_size(&self.options.dir.join("wal")) as f64,
            ),
        ]);
    }

    fn gather_blocks(&self, families: &mut Vec<Family>) {
        let meters = &self.meters;
        let persisted = self.persisted();
        let lowest = self.span().map_or(0, |span| span.start);
        let mut seconds = Family::new(
            "prometheus_tsdb_compaction_duration_seconds",
            "Time that making a block took.",
            FamilyKind::Histogram,
        );
        seconds
            .points
            .push(meters.compaction_seconds.point(Labels::empty()));
        families.extend([
            gauge(
                "prometheus_tsdb_blocks_loaded",
                "Blocks that are open.",
                persisted.blocks.len() as f64,
            ),
            gauge(
                "prometheus_tsdb_storage_blocks_bytes",
                "Bytes of all blocks.",
                persisted.size() as f64,
            ),
            gauge(
                "argand_tsdb_blocks_set_aside",
                "Blocks that could not be read at the start and were set aside.",
                self.damaged_blocks as f64,
            ),
            counter(
                "argand_tsdb_block_corruptions_total",
                "Places of blocks and head chunks that queries found damaged.",
                self.damages.in_reads.get(),
            ),
            gauge(
                "prometheus_tsdb_lowest_timestamp",
                "Earliest time in head and blocks, in ms.",
                lowest as f64,
            ),
            gauge(
                "prometheus_tsdb_lowest_timestamp_seconds",
                "Earliest time in head and blocks, in seconds.",
                lowest as f64 / 1000.0,
            ),
            gauge(
                "prometheus_tsdb_retention_limit_bytes",
                "Bytes that blocks, log and head chunks may take; 0 means any.",
                self.retention_bytes().unwrap_or_default() as f64,
            ),
            gauge(
                "prometheus_tsdb_retention_limit_seconds",
                "Age that blocks may reach; 0 means any.",
                self.retention_ms().unwrap_or_default() as f64 / 1000.0,
            ),
            counter(
                "prometheus_tsdb_time_retentions_total",
                "Times that blocks were deleted because of their age.",
                meters.time_retentions.get(),
            ),
            counter(
                "prometheus_tsdb_size_retentions_total",
                "Times that blocks were deleted because of all blocks' size.",
                meters.size_retentions.get(),
            ),
            counter(
                "prometheus_tsdb_compactions_total",
                "Blocks that were made.",
                meters.compactions.get(),
            ),
            counter(
                "prometheus_tsdb_compactions_triggered_total",
                "Times that making a block was begun.",
                meters.compactions_triggered.get(),
            ),
            counter(
                "prometheus_tsdb_compactions_failed_total",
                "Times that making a block failed.",
                meters.compactions_failed.get(),
            ),
            seconds,
        ]);
        self.gather_compaction(families);
    }

    fn gather_compaction(&self, families: &mut Vec<Family>) {
        let meters = &self.meters;
        let histogram = |name, help, values: &model::instrument::Histogram| {
            let mut family = Family::new(name, help, FamilyKind::Histogram);
            family.points.push(values.point(Labels::empty()));
            family
        };
        families.extend([
            gauge(
                "prometheus_tsdb_retention_limit_percentage",
                "Percent of the disk that blocks, log and head chunks may take; 0 means any.",
                self.retention_percentage().unwrap_or_default(),
            ),
            counter(
                "prometheus_tsdb_vertical_compactions_total",
                "Times that blocks which overlap were merged.",
                meters.vertical_compactions.get(),
            ),
            gauge(
                "prometheus_tsdb_compaction_populating_block",
                "1 while blocks are being merged.",
                meters.populating.get(),
            ),
            histogram(
                "prometheus_tsdb_compaction_chunk_size_bytes",
                "Bytes of chunks that left the head for a block.",
                &meters.chunk_bytes,
            ),
            histogram(
                "prometheus_tsdb_compaction_chunk_samples",
                "Samples of chunks that left the head for a block.",
                &meters.chunk_samples,
            ),
            histogram(
                "prometheus_tsdb_compaction_chunk_range_seconds",
                "Spans of chunks that left the head for a block.",
                &meters.chunk_seconds,
            ),
            histogram(
                "prometheus_tsdb_tombstone_cleanup_seconds",
                "Time that writing blocks again without what was deleted took.",
                &meters.cleanup_seconds,
            ),
            counter(
                "prometheus_tsdb_reloads_total",
                "Looks for blocks that others put into the data folder or took away.",
                meters.reloads.get(),
            ),
            counter(
                "prometheus_tsdb_reloads_failures_total",
                "Such looks that failed.",
                meters.reload_failures.get(),
            ),
        ]);
    }

    fn gather_exemplars(&self, families: &mut Vec<Family>) {
        let (most, (kept, series), oldest) = {
            let ring = self.exemplars.read();
            (ring.most(), ring.counts(), ring.oldest())
        };
        families.extend([
            counter(
                "prometheus_tsdb_exemplar_exemplars_appended_total",
                "Exemplars appended.",
                self.meters.exemplars_appended.get(),
            ),
            gauge(
                "prometheus_tsdb_exemplar_exemplars_in_storage",
                "Exemplars kept.",
                kept as f64,
            ),
            gauge(
                "prometheus_tsdb_exemplar_series_with_exemplars_in_storage",
                "Series with exemplars.",
                series as f64,
            ),
            gauge(
                "prometheus_tsdb_exemplar_max_exemplars",
                "Exemplars that are kept at most.",
                most as f64,
            ),
            gauge(
                "prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds",
                "Time of the oldest exemplar kept.",
                oldest.unwrap_or_default() as f64 / 1000.0,
            ),
            counter(
                "prometheus_tsdb_exemplar_out_of_order_exemplars_total",
                "Exemplars refused because their series had a later one.",
                self.meters.exemplars_out_of_order.get(),
            ),
        ]);
    }
}

fn counter(name: &str, help: &str, value: u64) -> Family {
    Family::counter(name, help, value as f64)
}

fn gauge(name: &str, help: &str, value: f64) -> Family {
    Family::gauge(name, help, value)
}
