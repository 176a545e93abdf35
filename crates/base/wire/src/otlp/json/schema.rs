//! The messages of a request: which key means which field.

use Kind::{
    Base64, Bool, Double, Fixed64, Hexadecimal, Names, Signed, SignedFixed64, Text, Unsigned,
    ZigZag,
};

/// A message.
pub(super) struct Message {
    fields: &'static [Field],
}

/// A field of a message.
pub(super) struct Field {
    /// Its key, in camel case.
    key: &'static str,
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) is_list: bool,
}

/// What a field holds.
pub(super) enum Kind {
    /// Behind a function, for messages hold one another.
    Message(fn() -> &'static Message),
    Text,
    /// Bytes in base64.
    Base64,
    /// Bytes in hexadecimal.
    Hexadecimal,
    Bool,
    Double,
    Fixed64,
    SignedFixed64,
    Unsigned,
    Signed,
    /// A signed number whose lowest bit is its sign.
    ZigZag,
    /// One of these names, which stand in the order of their numbers from 0.
    Names(&'static [&'static str]),
}

impl Message {
    /// The field of a key, which may be in camel case or have underscores.
    pub(super) fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| is_key(field.key, key))
    }
}

/// Whether a key is the one that is given in camel case, or the same with underscores.
fn is_key(camel: &str, key: &str) -> bool {
    if camel == key {
        return true;
    }
    let mut given = key.bytes();
    let is_same = camel.bytes().all(|byte| {
        if byte.is_ascii_uppercase() {
            return given.next() == Some(b'_') && given.next() == Some(byte.to_ascii_lowercase());
        }
        given.next() == Some(byte)
    });
    is_same && given.next().is_none()
}

const TEMPORALITY: &[&str] = &[
    "AGGREGATION_TEMPORALITY_UNSPECIFIED",
    "AGGREGATION_TEMPORALITY_DELTA",
    "AGGREGATION_TEMPORALITY_CUMULATIVE",
];

const fn one(key: &'static str, number: u32, kind: Kind) -> Field {
    Field {
        key,
        number,
        kind,
        is_list: false,
    }
}

const fn list(key: &'static str, number: u32, kind: Kind) -> Field {
    Field {
        key,
        number,
        kind,
        is_list: true,
    }
}

/// A request: `ExportMetricsServiceRequest`.
pub(super) static REQUEST: Message = Message {
    fields: &[list(
        "resourceMetrics",
        1,
        Kind::Message(|| &RESOURCE_METRICS),
    )],
};

static RESOURCE_METRICS: Message = Message {
    fields: &[
        one("resource", 1, Kind::Message(|| &RESOURCE)),
        list("scopeMetrics", 2, Kind::Message(|| &SCOPE_METRICS)),
    ],
};

static RESOURCE: Message = Message {
    fields: &[list("attributes", 1, Kind::Message(|| &KEY_VALUE))],
};

static SCOPE_METRICS: Message = Message {
    fields: &[
        one("scope", 1, Kind::Message(|| &SCOPE)),
        list("metrics", 2, Kind::Message(|| &METRIC)),
        one("schemaUrl", 3, Text),
    ],
};

static SCOPE: Message = Message {
    fields: &[
        one("name", 1, Text),
        one("version", 2, Text),
        list("attributes", 3, Kind::Message(|| &KEY_VALUE)),
    ],
};

static METRIC: Message = Message {
    fields: &[
        one("name", 1, Text),
        one("description", 2, Text),
        one("unit", 3, Text),
        one("gauge", 5, Kind::Message(|| &NUMBERS)),
        one("sum", 7, Kind::Message(|| &NUMBERS)),
        one("histogram", 9, Kind::Message(|| &HISTOGRAM)),
        one("exponentialHistogram", 10, Kind::Message(|| &EXPONENTIAL)),
        one("summary", 11, Kind::Message(|| &SUMMARY)),
    ],
};

static NUMBERS: Message = Message {
    fields: &[
        list("dataPoints", 1, Kind::Message(|| &NUMBER_POINT)),
        one("aggregationTemporality", 2, Names(TEMPORALITY)),
        one("isMonotonic", 3, Bool),
    ],
};

static HISTOGRAM: Message = Message {
    fields: &[
        list("dataPoints", 1, Kind::Message(|| &HISTOGRAM_POINT)),
        one("aggregationTemporality", 2, Names(TEMPORALITY)),
    ],
};

static EXPONENTIAL: Message = Message {
    fields: &[
        list("dataPoints", 1, Kind::Message(|| &EXPONENTIAL_POINT)),
        one("aggregationTemporality", 2, Names(TEMPORALITY)),
    ],
};

static SUMMARY: Message = Message {
    fields: &[list("dataPoints", 1, Kind::Message(|| &SUMMARY_POINT))],
};

static NUMBER_POINT: Message = Message {
    fields: &[
        list("attributes", 7, Kind::Message(|| &KEY_VALUE)),
        one("startTimeUnixNano", 2, Fixed64),
        one("timeUnixNano", 3, Fixed64),
        one("asDouble", 4, Double),
        one("asInt", 6, SignedFixed64),
        list("exemplars", 5, Kind::Message(|| &EXEMPLAR)),
        one("flags", 8, Unsigned),
    ],
};

static HISTOGRAM_POINT: Message = Message {
    fields: &[
        list("attributes", 9, Kind::Message(|| &KEY_VALUE)),
        one("startTimeUnixNano", 2, Fixed64),
        one("timeUnixNano", 3, Fixed64),
        one("count", 4, Fixed64),
        one("sum", 5, Double),
        list("bucketCounts", 6, Fixed64),
        list("explicitBounds", 7, Double),
        list("exemplars", 8, Kind::Message(|| &EXEMPLAR)),
        one("flags", 10, Unsigned),
    ],
};

static EXPONENTIAL_POINT: Message = Message {
    fields: &[
        list("attributes", 1, Kind::Message(|| &KEY_VALUE)),
        one("startTimeUnixNano", 2, Fixed64),
        one("timeUnixNano", 3, Fixed64),
        one("count", 4, Fixed64),
        one("sum", 5, Double),
        one("scale", 6, ZigZag),
        one("zeroCount", 7, Fixed64),
        one("positive", 8, Kind::Message(|| &BUCKETS)),
        one("negative", 9, Kind::Message(|| &BUCKETS)),
        one("flags", 10, Unsigned),
        list("exemplars", 11, Kind::Message(|| &EXEMPLAR)),
        one("zeroThreshold", 14, Double),
    ],
};

static BUCKETS: Message = Message {
    fields: &[one("offset", 1, ZigZag), list("bucketCounts", 2, Unsigned)],
};

static SUMMARY_POINT: Message = Message {
    fields: &[
        list("attributes", 7, Kind::Message(|| &KEY_VALUE)),
        one("startTimeUnixNano", 2, Fixed64),
        one("timeUnixNano", 3, Fixed64),
        one("count", 4, Fixed64),
        one("sum", 5, Double),
        list("quantileValues", 6, Kind::Message(|| &QUANTILE)),
        one("flags", 8, Unsigned),
    ],
};

static QUANTILE: Message = Message {
    fields: &[one("quantile", 1, Double), one("value", 2, Double)],
};

static EXEMPLAR: Message = Message {
    fields: &[
        list("filteredAttributes", 7, Kind::Message(|| &KEY_VALUE)),
        one("timeUnixNano", 2, Fixed64),
        one("asDouble", 3, Double),
        one("asInt", 6, SignedFixed64),
        one("spanId", 4, Hexadecimal),
        one("traceId", 5, Hexadecimal),
    ],
};

static KEY_VALUE: Message = Message {
    fields: &[
        one("key", 1, Text),
        one("value", 2, Kind::Message(|| &ANY_VALUE)),
    ],
};

static ANY_VALUE: Message = Message {
    fields: &[
        one("stringValue", 1, Text),
        one("boolValue", 2, Bool),
        one("intValue", 3, Signed),
        one("doubleValue", 4, Double),
        one("arrayValue", 5, Kind::Message(|| &ARRAY)),
        one("kvlistValue", 6, Kind::Message(|| &KEY_VALUES)),
        one("bytesValue", 7, Base64),
    ],
};

static ARRAY: Message = Message {
    fields: &[list("values", 1, Kind::Message(|| &ANY_VALUE))],
};

static KEY_VALUES: Message = Message {
    fields: &[list("values", 1, Kind::Message(|| &KEY_VALUE))],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_in_both_spellings() {
        let check = |key: &str, expected: Option<u32>| {
            assert_eq!(
                NUMBER_POINT.field(key).map(|field| field.number),
                expected,
                "{key}"
            );
        };
        check("startTimeUnixNano", Some(2));
        check("start_time_unix_nano", Some(2));
        check("start_timeUnixNano", None);
        check("flags", Some(8));
        check("flags_", None);
        check("", None);
    }
}
