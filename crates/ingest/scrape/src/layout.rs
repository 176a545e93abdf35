//! The layout of a target's last scrape: which series stood on its lines, in order.
//!
//! Targets say the same series in the same order again and again. As long as a body follows the
//! layout, a line costs one comparison of its bytes and one push: no hash, no allocation, no
//! label. Memory a series: its text once and 16 bytes.

use contract::SeriesId;
use wire::exposition::Format;

/// What is known of one line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The series in the store; says nothing where the line is dropped.
    pub(crate) id: SeriesId,
    /// Where the line's text ends in [`Layout::texts`]; it begins where the one before ends.
    end: u32,
    pub(crate) flags: Flags,
}

/// Properties of a line, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    /// The common case: a stored series whose end is marked.
    pub(crate) const TRACKED: Self = Self(1);
    /// Metric relabelling dropped the series.
    pub(crate) const DROPPED: Self = Self(2);
    const REPEATED: u8 = 4;

    /// The same for a line whose series stands on an earlier line already.
    pub(crate) fn repeated(self) -> Self {
        Self(self.0 | Self::REPEATED)
    }

    pub(crate) fn is_repeated(self) -> bool {
        self.0 & Self::REPEATED != 0
    }

    pub(crate) fn is_dropped(self) -> bool {
        self.0 & Self::DROPPED.0 != 0
    }

    /// The same with or without the marking of its end.
    pub(crate) fn tracking(self, on: bool) -> Self {
        let rest = self.0 & !Self::TRACKED.0;
        Self(if on { rest | Self::TRACKED.0 } else { rest })
    }

    /// Whether a stale marker is due when the line is gone.
    pub(crate) fn ends_marked(self) -> bool {
        self.0 & (Self::TRACKED.0 | Self::DROPPED.0) == Self::TRACKED.0
    }
}

/// The lines of the last successful scrape.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// The form that the texts are written in; the same text may mean another series in another.
    pub(crate) format: Option<Format>,
    texts: Vec<u8>,
    entries: Vec<Entry>,
    /// Whether the series are going on, that is, no stale markers were written since.
    pub(crate) alive: bool,
}

impl Layout {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entry(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The bytes of a line's series; nothing beyond the end.
    pub(crate) fn text(&self, place: usize) -> &[u8] {
        let start = match place.checked_sub(1) {
            None => 0,
            Some(before) => match self.entries.get(before) {
                Some(entry) => entry.end as usize,
                None => return &[],
            },
        };
        let end = self.entries.get(place).map_or(start, |e| e.end as usize);
        self.texts.get(start..end).unwrap_or_default()
    }

    /// The texts and the entries, to walk along both.
    pub(crate) fn walk(&mut self) -> impl Iterator<Item = (&[u8], &mut Entry)> {
        let texts = &self.texts;
        let mut start = 0;
        self.entries.iter_mut().map(move |entry| {
            let end = entry.end as usize;
            let text = texts.get(start..end).unwrap_or_default();
            start = end;
            (text, entry)
        })
    }

    /// Adds a line; false where the texts are full (see [`crate::limits::MAX_BODY_BYTES`]).
    pub(crate) fn push(&mut self, text: &[u8], id: SeriesId, flags: Flags) -> bool {
        let Ok(end) = u32::try_from(self.texts.len().saturating_add(text.len())) else {
            return false;
        };
        self.texts.extend_from_slice(text);
        self.entries.push(Entry { id, end, flags });
        true
    }

    /// The first lines as a layout of their own.
    pub(crate) fn prefix(&self, lines: usize) -> Self {
        let entries = self.entries.get(..lines).unwrap_or(&self.entries).to_vec();
        let end = entries.last().map_or(0, |entry| entry.end as usize);
        Self {
            format: self.format,
            texts: self.texts.get(..end).unwrap_or_default().to_vec(),
            entries,
            alive: self.alive,
        }
    }

    pub(crate) fn entry_mut(&mut self, place: usize) -> Option<&mut Entry> {
        self.entries.get_mut(place)
    }

    /// The layout without the lines named, which are in rising order.
    pub(crate) fn without(&self, lines: &[usize]) -> Self {
        let mut left = Self {
            format: self.format,
            alive: self.alive,
            ..Self::default()
        };
        let mut gone = lines.iter().copied().peekable();
        for (place, entry) in self.entries.iter().enumerate() {
            if gone.next_if_eq(&place).is_none() {
                left.push(self.text(place), entry.id, entry.flags);
            }
        }
        left
    }

    /// Bytes of memory that the lines take.
    pub(crate) fn bytes(&self) -> usize {
        self.texts.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Gives back the memory that growing took too much of.
    pub(crate) fn shrink(&mut self) {
        self.texts.shrink_to_fit();
        self.entries.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(texts: &[&str]) -> Layout {
        let mut layout = Layout::default();
        for (place, text) in texts.iter().enumerate() {
            assert!(layout.push(text.as_bytes(), SeriesId(place as u64), Flags::TRACKED));
        }
        layout
    }

    fn texts(layout: &Layout) -> Vec<String> {
        (0..layout.len())
            .map(|place| String::from_utf8_lossy(layout.text(place)).into_owned())
            .collect()
    }

    #[test]
    fn texts_come_back_by_place() {
        let mut whole = layout(&["a", "bb{x=\"1\"}", "", "ccc"]);
        assert_eq!(texts(&whole), ["a", "bb{x=\"1\"}", "", "ccc"]);
        assert_eq!(whole.text(4), b"");
        assert_eq!(whole.text(9), b"");
        let walked: Vec<_> = whole.walk().map(|(text, _)| text.len()).collect();
        assert_eq!(walked, [1, 9, 0, 3]);
        assert_eq!(texts(&whole.prefix(2)), ["a", "bb{x=\"1\"}"]);
        let left = whole.without(&[0, 2]);
        assert_eq!(texts(&left), ["bb{x=\"1\"}", "ccc"]);
        assert_eq!(left.entry(1).map(|e| e.id), Some(SeriesId(3)));
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<Entry>(), 16);
    }

    #[test]
    fn flags() {
        assert!(Flags::TRACKED.ends_marked());
        assert!(!Flags::TRACKED.tracking(false).ends_marked());
        assert!(!Flags::DROPPED.tracking(true).ends_marked());
        assert!(Flags::TRACKED.repeated().is_repeated());
        assert!(Flags::DROPPED.repeated().is_dropped());
    }
}
