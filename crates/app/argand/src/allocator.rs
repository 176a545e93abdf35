//! What the allocator says of the memory it holds.
//!
//! Dashboards ask for `go_memstats_*`; those whose meaning an allocator without a collector shares
//! are told under those names, the others (pauses, next collection, spans) are absent.

use contract::Gather;
use model::Family;
use tikv_jemalloc_ctl::{epoch, stats};

/// The allocator's figures in bytes.
#[derive(Clone, Copy, Default)]
struct Held {
    /// By the program.
    allocated: u64,
    /// In pages of which the program holds any part.
    active: u64,
    /// For the allocator's own books.
    metadata: u64,
    /// Mapped into memory at all.
    mapped: u64,
    /// Given back to the system, the addresses kept.
    retained: u64,
}

impl Held {
    fn now() -> Self {
        // Figures are those of the last epoch.
        let _ = epoch::advance();
        let bytes = |read: tikv_jemalloc_ctl::Result<usize>| read.map_or(0, |bytes| bytes as u64);
        Self {
            allocated: bytes(stats::allocated::read()),
            active: bytes(stats::active::read()),
            metadata: bytes(stats::metadata::read()),
            mapped: bytes(stats::mapped::read()),
            retained: bytes(stats::retained::read()),
        }
    }
}

/// The parts for a profile of the heap; they add up to what is mapped.
pub(crate) fn parts() -> Vec<(&'static str, u64)> {
    let held = Held::now();
    let within_pages = held.active.saturating_sub(held.allocated);
    let free = held.mapped.saturating_sub(held.active + held.metadata);
    vec![
        ("allocated by the program", held.allocated),
        ("unused parts of pages in use", within_pages),
        ("free pages", free),
        ("books of the allocator", held.metadata),
    ]
}

/// Tells the figures at `/metrics`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AllocatorMetrics;

impl Gather for AllocatorMetrics {
    fn gather(&self, families: &mut Vec<Family>) {
        let held = Held::now();
        let idle = held.mapped.saturating_sub(held.active);
        for (name, help, bytes) in [
            (
                "go_memstats_alloc_bytes",
                "Bytes that the program holds from the allocator.",
                held.allocated,
            ),
            (
                "go_memstats_heap_alloc_bytes",
                "Bytes that the program holds from the allocator.",
                held.allocated,
            ),
            (
                "go_memstats_heap_inuse_bytes",
                "Bytes in pages of which the program holds any part.",
                held.active,
            ),
            (
                "go_memstats_heap_idle_bytes",
                "Bytes in pages that are free, or hold the allocator's books.",
                idle,
            ),
            (
                "go_memstats_heap_sys_bytes",
                "Bytes that the allocator has mapped.",
                held.mapped,
            ),
            (
                "go_memstats_heap_released_bytes",
                "Bytes that were given back to the system.",
                held.retained,
            ),
            (
                "go_memstats_sys_bytes",
                "Bytes of address space that the allocator took from the system.",
                held.mapped + held.retained,
            ),
        ] {
            families.push(Family::gauge(name, help, bytes as f64));
        }
        let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
        let tasks = tokio::runtime::Handle::try_current()
            .map_or(0, |runtime| runtime.metrics().num_alive_tasks());
        families.extend([
            Family::gauge("go_threads", "Threads of the process.", threads as f64),
            Family::gauge(
                "go_goroutines",
                "Tasks that serve requests, and threads: what comes nearest to goroutines.",
                (threads + tasks) as f64,
            ),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_holds_shows() {
        let before = Held::now().allocated;
        let large = vec![1_u8; 64 << 20];
        let after = Held::now().allocated;
        assert!(after >= before + large.len() as u64 / 2, "{before} {after}");
        let whole: u64 = parts().iter().map(|(_, bytes)| bytes).sum();
        assert!(whole >= large.len() as u64, "{whole}");
    }
}
