//! Requests that others push, from their bytes to a store in memory.

use std::sync::Arc;
use std::time::Duration;

use contract::SystemClock;
use contract::memory::MemoryStore;
use receive::{Deltas, Encoding, Form, Otlp, OtlpOptions, RemoteWrite, Version};

fn store() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new())
}

fn write(bytes: &[u8], version: Version) {
    let receiver = RemoteWrite::new(store(), Arc::new(SystemClock));
    // The second time the series are known.
    for _ in 0..2 {
        let _ = receiver.write(bytes, Encoding::Identity, version);
    }
}

/// A request of remote write 1.0, decompressed.
pub(crate) fn remote_write_1(bytes: &[u8]) {
    write(bytes, Version::V1);
}

/// A request of remote write 2.0, decompressed.
pub(crate) fn remote_write_2(bytes: &[u8]) {
    write(bytes, Version::V2);
}

fn otlp(bytes: &[u8], form: Form) {
    let options = OtlpOptions {
        deltas: Deltas::Stored,
        type_and_unit_labels: true,
        lookback: Duration::from_secs(300),
    };
    let receiver = Otlp::new(store(), Arc::new(SystemClock), options);
    for _ in 0..2 {
        let _ = receiver.write(bytes, Encoding::Identity, form);
    }
}

/// OTLP metrics in protobuf.
pub(crate) fn otlp_protobuf(bytes: &[u8]) {
    otlp(bytes, Form::Protobuf);
}

/// OTLP metrics in JSON.
pub(crate) fn otlp_json(bytes: &[u8]) {
    otlp(bytes, Form::Json);
}

/// Bodies as they come, compressed in any way.
pub(crate) fn bodies(bytes: &[u8]) {
    let mut memory = Vec::new();
    for encoding in [Encoding::Snappy, Encoding::Gzip, Encoding::Zstd] {
        let _ = encoding.decode(bytes, &mut memory);
    }
}
