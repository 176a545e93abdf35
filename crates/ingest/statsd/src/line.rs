//! One line, `name:value|type|@rate|#tags`, to its samples.
//!
//! A line may hold several samples of its name (`a:1|c:2|c`), or several values of one type
//! (`a:1:2|ms`). A fault in a sample is counted and the others are taken.

use config::StatsdKind;

use crate::counts::{Fault, LineCounts};
use crate::tags::{Dialects, Tags};

/// Parts of a sample between bars, at most: value, type, rate, tags, container and time.
const MOST_PARTS: usize = 6;
/// What a rate below one may stand for, at most: observations that one sample counts for.
const MOST_TIMES: f64 = 1e9;
/// Milliseconds of a second: timings are told in the former and kept in the latter.
const MILLISECONDS: f64 = 1000.0;

/// One sample.
#[derive(Debug)]
pub(crate) struct Sample<'a, 't> {
    /// The name as it was sent, without tags.
    pub(crate) name: &'a str,
    pub(crate) kind: StatsdKind,
    /// Timings are in seconds, counts already divided by their rate.
    pub(crate) value: f64,
    /// The value of a set, which is any text, as a hash.
    pub(crate) member: Option<u64>,
    /// Whether the value changes the gauge instead of replacing it.
    pub(crate) is_relative: bool,
    /// How many observations it stands for, at least 1.
    pub(crate) times: u64,
    pub(crate) tags: &'t Tags<'a>,
}

/// What is read of lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reads {
    pub(crate) dialects: Dialects,
    /// Whether sets are taken.
    pub(crate) sets: bool,
}

/// Reads a line and hands on each of its samples.
pub(crate) fn read(
    line: &str,
    reads: Reads,
    counts: &mut LineCounts,
    mut take: impl FnMut(&Sample<'_, '_>),
) {
    let Some((head, rest)) = line.split_once(':').filter(|(head, _)| !head.is_empty()) else {
        return counts.fault(Fault::MalformedLine);
    };
    let mut tags = Tags::default();
    let name = tags.of_name(head, reads.dialects);
    let mut line = Line {
        name: &name,
        reads,
        tags,
        counts,
    };
    line.samples(rest, &mut take);
    line.counts.tag_errors += line.tags.errors;
}

/// What samples of a line share.
struct Line<'a, 'c> {
    name: &'a str,
    reads: Reads,
    tags: Tags<'a>,
    counts: &'c mut LineCounts,
}

impl<'a> Line<'a, '_> {
    fn samples(&mut self, text: &'a str, take: &mut impl FnMut(&Sample<'_, '_>)) {
        let has_tags = text.contains("|#");
        if has_tags && !self.tags.pairs().is_empty() {
            return self.counts.fault(Fault::MixedTaggingStyles);
        }
        let Some((values, behind)) = text.split_once('|') else {
            return self.counts.fault(Fault::NotEnoughParts);
        };
        if values.contains(':') {
            let kind = behind.split('|').next().unwrap_or_default();
            if !matches!(kind, "ms" | "h" | "d") {
                return self.counts.fault(Fault::InvalidExtendedAggregate);
            }
            for value in values.split(':') {
                self.sample(value, Some(behind), take);
            }
        } else if has_tags {
            // A colon belongs to a tag.
            self.sample(values, Some(behind), take);
        } else {
            for sample in text.split(':') {
                let (value, behind) = match sample.split_once('|') {
                    Some((value, behind)) => (value, Some(behind)),
                    None => (sample, None),
                };
                self.sample(value, behind, take);
            }
        }
    }

    /// Takes a value and what stands behind its bar.
    fn sample(
        &mut self,
        value: &str,
        behind: Option<&'a str>,
        take: &mut impl FnMut(&Sample<'_, '_>),
    ) {
        self.counts.samples += 1;
        match self.parse(value, behind) {
            Ok(None) => {}
            Ok(Some(parsed)) => take(&Sample {
                name: self.name,
                kind: parsed.kind,
                value: parsed.value,
                member: parsed.member,
                is_relative: value.starts_with(['+', '-']),
                times: parsed.times,
                tags: &self.tags,
            }),
            Err(fault) => self.counts.fault(fault),
        }
    }

    /// `None` of a sample that stands for no observation.
    fn parse(&mut self, value: &str, behind: Option<&'a str>) -> Result<Option<Parsed>, Fault> {
        let behind = behind.ok_or(Fault::MalformedComponent)?;
        let (kind, more) = match behind.split_once('|') {
            Some((kind, more)) => (kind, Some(more)),
            None => (behind, None),
        };
        let parts = || more.into_iter().flat_map(|more| more.split('|'));
        if parts().count() > MOST_PARTS - 2 {
            return Err(Fault::MalformedComponent);
        }
        let member = (kind == "s" && self.reads.sets && !value.is_empty())
            .then(|| rapidhash::v3::rapidhash_v3(value.as_bytes()));
        let value = match member {
            Some(_) => 0.0,
            None => number(value).ok_or(Fault::MalformedValue)?,
        };
        if parts().any(str::is_empty) {
            return Err(Fault::MalformedComponent);
        }
        let mut rate = 1.0;
        for part in parts() {
            self.part(part, &mut rate)?;
        }
        if !self.tags.pairs().is_empty() {
            self.counts.tagged += 1;
        }
        let (kind, value, times) = match kind {
            "c" => (StatsdKind::Counter, value / rate, 1),
            "g" => (StatsdKind::Gauge, value, 1),
            "ms" => (StatsdKind::Observer, value / MILLISECONDS, times(rate)),
            "h" | "d" => (StatsdKind::Observer, value, times(rate)),
            // A set is mapped as the gauge that it becomes.
            "s" if member.is_some() => (StatsdKind::Gauge, value, 1),
            _ => return Err(Fault::IllegalEvent),
        };
        Ok((times > 0).then_some(Parsed {
            kind,
            value,
            member,
            times,
        }))
    }

    /// Takes a part behind the type: a rate, tags, a container's id or a time.
    fn part(&mut self, part: &'a str, rate: &mut f64) -> Result<(), Fault> {
        if let Some(text) = part.strip_prefix('@') {
            // What is no rate is counted, and the sample with it.
            match number(text) {
                Some(given) if given != 0.0 => *rate = given,
                Some(_) => {}
                None => self.counts.fault(Fault::InvalidSampleFactor),
            }
        } else if let Some(text) = part.strip_prefix('#') {
            if self.reads.dialects.dogstatsd {
                self.tags.behind_sample(text);
            }
        } else if part.starts_with('c') {
            match part.strip_prefix("c:") {
                Some(id) if !id.is_empty() => self.tags.put("container_id", id),
                _ => return Err(Fault::MalformedContainerId),
            }
        } else if !part.starts_with('T') {
            // A time would be that of the sample; families are of the moment they are asked for.
            return Err(Fault::InvalidSampleFactor);
        }
        Ok(())
    }
}

struct Parsed {
    kind: StatsdKind,
    value: f64,
    member: Option<u64>,
    times: u64,
}

/// Observations that a sampled one stands for; none for a rate above one, and for none at all.
fn times(rate: f64) -> u64 {
    let times = (1.0 / rate).min(MOST_TIMES);
    // Of NaN and what is below zero this is zero.
    times as u64
}

/// A number as Go reads it: one that is too large for 64 bits is none.
fn number(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    let is_word = !text.bytes().any(|b| b.is_ascii_digit());
    let sound = match number {
        n if n.is_infinite() => is_word,
        n if n.is_nan() => !text.starts_with(['+', '-']),
        _ => true,
    };
    sound.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line gives: samples as `name kind value*times {tags}`, then faults.
    fn told(line: &str, sets: bool) -> String {
        let mut counts = LineCounts::default();
        let mut told = Vec::new();
        let reads = Reads {
            dialects: Dialects::default(),
            sets,
        };
        read(line, reads, &mut counts, |sample| {
            let kind = match sample.kind {
                StatsdKind::Gauge if sample.member.is_some() => "s",
                StatsdKind::Counter => "c",
                StatsdKind::Gauge if sample.is_relative => "g+",
                StatsdKind::Gauge => "g",
                StatsdKind::Observer => "o",
            };
            let mut text = format!("{} {kind} {}", sample.name, sample.value);
            if sample.times > 1 {
                text.push_str(&format!("*{}", sample.times));
            }
            for (name, value) in sample.tags.pairs() {
                text.push_str(&format!(" {name}={value}"));
            }
            told.push(text);
        });
        for (reason, count) in counts.faults() {
            if count > 0 {
                told.push(format!("{reason}:{count}"));
            }
        }
        if counts.tag_errors > 0 {
            told.push(format!("tag errors:{}", counts.tag_errors));
        }
        told.join("; ")
    }

    #[test]
    fn lines_become_samples() {
        for (line, expected) in [
            ("foo:2|c", "foo c 2"),
            ("foo:3|g", "foo g 3"),
            ("foo:-3|g", "foo g+ -3"),
            ("foo:+3|g", "foo g+ 3"),
            ("foo:200|ms", "foo o 0.2"),
            ("foo:200|h", "foo o 200"),
            ("foo:200|d", "foo o 200"),
            ("foo:2|c|@0.5", "foo c 4"),
            ("foo:2|g|@0.5", "foo g 2"),
            ("foo:200|ms|@0.1", "foo o 0.2*10"),
            ("foo:1|h|@0.3", "foo o 1*3"),
            ("foo:1|h|@2", ""),
            ("foo:1|h|@-1", ""),
            ("foo:2|c|@0", "foo c 2"),
            ("foo:2|c|@x", "foo c 2; invalid_sample_factor:1"),
            ("foo:1|ms|@1e-300", "foo o 0.001*1000000000"),
            ("foo:200|ms:300|ms:5|c", "foo o 0.2; foo o 0.3; foo c 5"),
            ("foo:1:2:3|h", "foo o 1; foo o 2; foo o 3"),
            (
                "foo:1:2|ms|@0.5|#a:b",
                "foo o 0.001*2 a=b; foo o 0.002*2 a=b",
            ),
            ("foo:1:2|c", "invalid_extended_aggregate_type:1"),
            ("foo:1:x:3|h", "foo o 1; foo o 3; malformed_value:1"),
            (
                "foo:100|c|#tag1:bar,tag2:baz",
                "foo c 100 tag1=bar tag2=baz",
            ),
            (
                "foo:100|c|#tag1:bar,#tag2:baz",
                "foo c 100 tag1=bar tag2=baz",
            ),
            ("foo:100|c|#t:a:b", "foo c 100 t=a:b"),
            (
                "foo:100|c|#09digits:0,tag.with.dots:1",
                "foo c 100 _09digits=0 tag_with_dots=1",
            ),
            ("foo:100|c|#tag1,tag2", "foo c 100; tag errors:2"),
            ("foo:100|c|@0.1|#a:b", "foo c 1000 a=b"),
            ("foo:100|c|#a:b|@0.1", "foo c 1000 a=b"),
            (
                "foo:100|c|#a:b|c:abc123|T1656581400",
                "foo c 100 a=b container_id=abc123",
            ),
            (
                "foo:100|c|c:",
                "malformed_component:1; malformed_container_id:1",
            ),
            ("foo:100|c|#a:b|c", "malformed_container_id:1"),
            ("foo,a=b:1|c", "foo c 1 a=b"),
            ("foo#a=b:1|c", "foo c 1 a=b"),
            ("foo[a=b]:1|c", "foo c 1 a=b"),
            ("foo[a=b]bar:1|c", "foobar c 1 a=b"),
            ("foo,a=b:1|c|#c:d", "mixed_tagging_styles:1"),
            ("foo", "malformed_line:1"),
            (":1|c", "malformed_line:1"),
            ("foo:1", "not_enough_parts_after_colon:1"),
            ("foo:", "not_enough_parts_after_colon:1"),
            ("foo:x|c", "malformed_value:1"),
            ("foo:1e999|c", "malformed_value:1"),
            ("foo:+NaN|g", "malformed_value:1"),
            ("foo:NaN|g", "foo g NaN"),
            ("foo:+Inf|g", "foo g+ inf"),
            ("foo:1|s", "illegal_event:1"),
            ("foo:1|", "illegal_event:1"),
            ("foo:1|c|", "malformed_component:1"),
            ("foo:1|c|@1|@1|@1|@1|@1", "malformed_component:1"),
            ("foo:1|c|bogus", "invalid_sample_factor:1"),
            ("foo:1|c:2", "foo c 1; malformed_component:1"),
            ("foo.bar.baz:1|c\u{e9}", "illegal_event:1"),
        ] {
            assert_eq!(told(line, false), expected, "{line}");
        }
    }

    #[test]
    fn sets_have_members_of_any_text() {
        for (line, expected) in [
            ("foo:ann|s", "foo s 0"),
            ("foo:1|s|#a:b", "foo s 0 a=b"),
            ("foo:ann|s:bob|s", "foo s 0; foo s 0"),
            ("foo:|s", "malformed_value:1"),
            ("foo:ann|c", "malformed_value:1"),
        ] {
            assert_eq!(told(line, true), expected, "{line}");
        }
        assert_eq!(told("foo:ann|s", false), "malformed_value:1");
    }
}
