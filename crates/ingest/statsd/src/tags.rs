//! Tags of four dialects: behind a sample (DogStatsD), or within the name behind a comma
//! (InfluxDB), a `#` (Librato) or in brackets (SignalFx).

use std::borrow::Cow;

use crate::name::escaped;

/// Which dialects of tags are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialects {
    /// `name:1|c|#tag:value`
    pub dogstatsd: bool,
    /// `name,tag=value:1|c`
    pub influxdb: bool,
    /// `name#tag=value:1|c`
    pub librato: bool,
    /// `name[tag=value]:1|c`
    pub signalfx: bool,
}

impl Default for Dialects {
    /// All of them.
    fn default() -> Self {
        Self {
            dogstatsd: true,
            influxdb: true,
            librato: true,
            signalfx: true,
        }
    }
}

/// The tags of a line: names in the alphabet of labels, each once.
#[derive(Debug, Default)]
pub(crate) struct Tags<'a> {
    pairs: Vec<(Cow<'a, str>, &'a str)>,
    /// Those that could not be read.
    pub(crate) errors: u64,
}

impl<'a> Tags<'a> {
    /// Names with their values, in the order of the line.
    pub(crate) fn pairs(&self) -> &[(Cow<'a, str>, &'a str)] {
        &self.pairs
    }

    /// Puts a tag; of a name given twice the last value stands.
    pub(crate) fn put(&mut self, name: &'a str, value: &'a str) {
        let name = escaped(name);
        match self.pairs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.pairs.push((name, value)),
        }
    }

    /// Takes the tags off a name and answers what remains of it.
    pub(crate) fn of_name(&mut self, name: &'a str, dialects: Dialects) -> Cow<'a, str> {
        if dialects.signalfx {
            match (name.find('['), name.find(']')) {
                (Some(open), Some(close)) if open < close => {
                    self.list(name.get(open + 1..close).unwrap_or_default(), '=');
                    let before = name.get(..open).unwrap_or_default();
                    return match name.get(close + 1..) {
                        None | Some("") => Cow::Borrowed(before),
                        Some(after) => Cow::Owned(format!("{before}{after}")),
                    };
                }
                (None, None) => {}
                _ => {
                    self.errors += 1;
                    return Cow::Borrowed(name);
                }
            }
        }
        let begins =
            |byte: u8| (byte == b'#' && dialects.librato) || (byte == b',' && dialects.influxdb);
        match name.bytes().position(begins) {
            Some(at) => {
                self.list(name.get(at + 1..).unwrap_or_default(), '=');
                Cow::Borrowed(name.get(..at).unwrap_or_default())
            }
            None => Cow::Borrowed(name),
        }
    }

    /// Takes a part that stands behind a sample, without its `#`.
    pub(crate) fn behind_sample(&mut self, part: &'a str) {
        self.list(part, ':');
    }

    /// Tags between commas; nothing behind the last comma is no tag.
    fn list(&mut self, text: &'a str, between: char) {
        let text = text.strip_suffix(',').unwrap_or(text);
        if text.is_empty() {
            return;
        }
        for tag in text.split(',') {
            // Some clients write the mark before each tag.
            let tag = match between {
                ':' => tag.strip_prefix('#').unwrap_or(tag),
                _ => tag,
            };
            match tag.split_once(between) {
                Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                    self.put(name, value);
                }
                _ => self.errors += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Dialects = Dialects {
        dogstatsd: false,
        influxdb: false,
        librato: false,
        signalfx: false,
    };

    #[test]
    fn names_lose_their_tags() {
        let all = Dialects::default();
        let signalfx = Dialects {
            signalfx: true,
            ..NONE
        };
        let influxdb = Dialects {
            influxdb: true,
            ..NONE
        };
        type Pairs = &'static [(&'static str, &'static str)];
        let table: &[(Dialects, &str, &str, Pairs, u64)] = &[
            (all, "a.b", "a.b", &[], 0),
            (all, "a#t=1,u=2", "a", &[("t", "1"), ("u", "2")], 0),
            (all, "a,t=1,u-v=2", "a", &[("t", "1"), ("u_v", "2")], 0),
            (all, "a[t=1,u=2].b", "a.b", &[("t", "1"), ("u", "2")], 0),
            (all, "[t=1]a", "a", &[("t", "1")], 0),
            (all, "a[]", "a", &[], 0),
            (all, "a[t=1", "a[t=1", &[], 1),
            (all, "a]t=1[", "a]t=1[", &[], 1),
            (all, "a,t=1=2", "a", &[("t", "1=2")], 0),
            (all, "a,t,=1,t=,,u=2,", "a", &[("u", "2")], 4),
            (all, "a,t=1,t=2", "a", &[("t", "2")], 0),
            (all, "#t=1", "", &[("t", "1")], 0),
            (NONE, "a#t=1", "a#t=1", &[], 0),
            (NONE, "a[t=1]", "a[t=1]", &[], 0),
            (signalfx, "a,t=1", "a,t=1", &[], 0),
            (influxdb, "a#t=1,u=2", "a#t=1", &[("u", "2")], 0),
        ];
        for (dialects, name, rest, pairs, errors) in table {
            let mut tags = Tags::default();
            assert_eq!(tags.of_name(name, *dialects), *rest, "{name}");
            let found: Vec<(&str, &str)> =
                tags.pairs().iter().map(|(n, v)| (n.as_ref(), *v)).collect();
            assert_eq!(found, *pairs, "{name}");
            assert_eq!(tags.errors, *errors, "{name}");
        }
    }
}
