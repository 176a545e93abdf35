//! What a series brings beside its labels.

use model::{Exemplar, FamilyKind, LabelsBuilder};

use super::labels::{Source, of_references, pair};
use super::{Content, Metadata, Series, Version};
use crate::fields::Malformed;
use crate::fields::{Fields, Value};
use crate::remote::histogram;

/// Bytes of an exemplar's labels that are read; stores take far fewer.
const MOST_EXEMPLAR: usize = 4_096;
/// Bytes of a description that are read.
const MOST_HELP: usize = 64 << 10;

/// What a field of a series is.
enum Kind {
    Sample,
    Exemplar,
    Histogram,
    Metadata,
    Other,
}

fn kind(version: Version, number: u32) -> Kind {
    match (version, number) {
        (_, 2) => Kind::Sample,
        (Version::V1, 3) | (Version::V2, 4) => Kind::Exemplar,
        (Version::V1, 4) | (Version::V2, 3) => Kind::Histogram,
        (Version::V2, 5) => Kind::Metadata,
        _ => Kind::Other,
    }
}

#[inline]
pub(super) fn content(series: &Series<'_>, into: &mut Content) -> Result<(), Malformed> {
    let mut fields = Fields(series.fields);
    while let Some((number, value)) = fields.next()? {
        match kind(series.version, number) {
            Kind::Sample => into.samples.push(sample(value.bytes(number)?)?),
            Kind::Histogram => match histogram::read(value.bytes(number)?) {
                Ok(histogram) => into.histograms.push(histogram),
                Err(fault) if fault.is_of_a_part() => into.faults.push(fault),
                Err(fault) => return Err(fault),
            },
            Kind::Exemplar => match exemplar(value.bytes(number)?, series.labels) {
                Ok(exemplar) => into.exemplars.push(exemplar),
                Err(fault) if fault.is_of_a_part() => into.faults.push(fault),
                Err(fault) => return Err(fault),
            },
            Kind::Metadata => match metadata(value.bytes(number)?, series.labels) {
                Ok(metadata) => into.metadata = metadata,
                Err(fault) if fault.is_of_a_part() => into.unreadable = Some(fault),
                Err(fault) => return Err(fault),
            },
            // All labels stand in front: what came later would not be part of the hash.
            Kind::Other if number == 1 => return Err(Malformed::Field(1)),
            Kind::Other => {}
        }
    }
    Ok(())
}

#[inline]
fn sample(message: &[u8]) -> Result<(i64, f64), Malformed> {
    let (mut time, mut sample) = (0, 0.0);
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => sample = value.double(number)?,
            2 => time = value.number(number)? as i64,
            _ => {}
        }
    }
    Ok((time, sample))
}

fn exemplar(message: &[u8], source: Source<'_>) -> Result<Exemplar, Malformed> {
    let mut labels = LabelsBuilder::new();
    let (mut value, mut time) = (0.0, 0);
    let mut name = None;
    let mut bytes = 0usize;
    let mut set = |name: &str, value: &str| {
        bytes += name.len() + value.len();
        // One text of a request may stand in millions of exemplars.
        if bytes <= MOST_EXEMPLAR {
            labels.set(name, value);
        }
    };
    let mut fields = Fields(message);
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => match source {
                Source::Texts(_) => {
                    let (name, value) = pair(field.bytes(number)?)?;
                    set(name, value);
                }
                Source::Symbols(_, symbols) => {
                    of_references(field, number, symbols, &mut name, &mut set)?;
                }
            },
            2 => value = field.double(number)?,
            3 => time = field.number(number)? as i64,
            _ => {}
        }
    }
    if name.is_some() {
        return Err(Malformed::Pairs);
    }
    if bytes > MOST_EXEMPLAR {
        return Err(Malformed::Long(MOST_EXEMPLAR));
    }
    Ok(Exemplar {
        labels: labels.build(),
        value,
        // 0 is what stands where nothing was said.
        time: Some(time).filter(|&time| time != 0),
    })
}

fn metadata(message: &[u8], source: Source<'_>) -> Result<Option<Metadata>, Malformed> {
    let Source::Symbols(_, symbols) = source else {
        return Ok(None);
    };
    let mut metadata = Metadata {
        kind: FamilyKind::Unknown,
        help: String::new(),
        unit: String::new(),
    };
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        let text = |value: Value<'_>| match symbols.get(value.number(number)?)? {
            text if text.len() > MOST_HELP => Err(Malformed::Long(MOST_HELP)),
            text => Ok(text),
        };
        match number {
            1 => metadata.kind = family_kind(value.number(number)?),
            3 => metadata.help = text(value)?.to_owned(),
            4 => metadata.unit = text(value)?.to_owned(),
            _ => {}
        }
    }
    Ok(Some(metadata))
}

fn family_kind(number: u64) -> FamilyKind {
    match number {
        1 => FamilyKind::Counter,
        2 => FamilyKind::Gauge,
        3 => FamilyKind::Histogram,
        4 => FamilyKind::GaugeHistogram,
        5 => FamilyKind::Summary,
        6 => FamilyKind::Info,
        7 => FamilyKind::StateSet,
        _ => FamilyKind::Unknown,
    }
}

/// The number of a kind, in both versions.
pub(super) fn kind_number(kind: FamilyKind) -> u64 {
    match kind {
        FamilyKind::Unknown => 0,
        FamilyKind::Counter => 1,
        FamilyKind::Gauge => 2,
        FamilyKind::Histogram => 3,
        FamilyKind::GaugeHistogram => 4,
        FamilyKind::Summary => 5,
        FamilyKind::Info => 6,
        FamilyKind::StateSet => 7,
    }
}
