//! The layout of a target's last scrape: which series stood on its lines, in order.
//!
//! Targets say the same series in the same order again and again. As long as a body follows the
//! layout, a line costs one hash of its bytes and one push: no look-up, no allocation, no label.
//! Memory a series: 20 bytes. Two texts of equal length count as one where their 64-bit hashes
//! are equal; a target that makes such texts up confuses its own series only.

use contract::SeriesId;
use rapidhash::v3::rapidhash_v3;
use wire::exposition::Format;

/// The longest text of a series that a layout takes, in bytes.
const LONGEST: u32 = (1 << Entry::LENGTH_BITS) - 1;

/// What is left of a series' text: enough to know it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) hash: u64,
    length: u32,
}

impl Key {
    /// `None` where the text is too long for a layout.
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let length = u32::try_from(text.len()).ok().filter(|&n| n <= LONGEST)?;
        let hash = rapidhash_v3(text);
        Some(Self { hash, length })
    }
}

/// What is known of one line.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
pub(crate) struct Entry {
    /// The series in the store; says nothing where the line is dropped.
    pub(crate) id: SeriesId,
    hash: u64,
    /// The flags above [`Entry::LENGTH_BITS`] bits of length.
    shape: u32,
}

impl Entry {
    const LENGTH_BITS: u32 = 29;

    fn new(key: Key, id: SeriesId, flags: Flags) -> Self {
        Self {
            id,
            hash: key.hash,
            shape: u32::from(flags.0) << Self::LENGTH_BITS | key.length,
        }
    }

    /// How many bytes the text of the line's series has.
    #[inline]
    pub(crate) fn length(self) -> usize {
        (self.shape & LONGEST) as usize
    }

    /// What the text is known by.
    #[inline]
    pub(crate) fn key(self) -> Key {
        Key {
            hash: self.hash,
            length: self.shape & LONGEST,
        }
    }

    /// Whether a text of the right length is that of the line's series.
    #[inline]
    pub(crate) fn is_of(self, text: &[u8]) -> bool {
        rapidhash_v3(text) == self.hash
    }

    /// What is special about the line.
    #[inline]
    pub(crate) fn flags(self) -> Flags {
        Flags((self.shape >> Self::LENGTH_BITS) as u8)
    }

    pub(crate) fn set_flags(&mut self, flags: Flags) {
        self.shape = u32::from(flags.0) << Self::LENGTH_BITS | self.shape & LONGEST;
    }
}

/// Properties of a line, as three bits.
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
    /// The form that the texts were written in; the same text may mean another series in another.
    pub(crate) format: Option<Format>,
    entries: Vec<Entry>,
    /// Whether the series are going on, that is, no stale markers were written since.
    pub(crate) alive: bool,
}

impl Layout {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entry(&self, place: usize) -> Option<Entry> {
        self.entries.get(place).copied()
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.entries
    }

    /// Adds a line.
    pub(crate) fn push(&mut self, key: Key, id: SeriesId, flags: Flags) {
        self.entries.push(Entry::new(key, id, flags));
    }

    /// Makes room for more lines.
    pub(crate) fn reserve(&mut self, lines: usize) {
        self.entries.reserve(lines);
    }

    /// The first lines as a layout of their own.
    pub(crate) fn prefix(&self, lines: usize) -> Self {
        Self {
            format: self.format,
            entries: self.entries.get(..lines).unwrap_or(&self.entries).to_vec(),
            alive: self.alive,
        }
    }

    pub(crate) fn entry_mut(&mut self, place: usize) -> Option<&mut Entry> {
        self.entries.get_mut(place)
    }

    /// The layout without the lines named, which are in rising order.
    pub(crate) fn without(&self, lines: &[usize]) -> Self {
        let mut gone = lines.iter().copied().peekable();
        let left = self.entries.iter().enumerate();
        let left = left.filter(|(place, _)| gone.next_if_eq(place).is_none());
        Self {
            format: self.format,
            entries: left.map(|(_, entry)| *entry).collect(),
            alive: self.alive,
        }
    }

    /// Bytes of memory that the lines take.
    pub(crate) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    /// Gives back the memory that growing took too much of.
    pub(crate) fn shrink(&mut self) {
        self.entries.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_known_again_by_place() {
        let mut whole = Layout::default();
        let texts = ["a", "bb{x=\"1\"}", "ccc"];
        for (place, text) in texts.iter().enumerate() {
            let key = Key::of(text.as_bytes()).unwrap();
            whole.push(key, SeriesId(place as u64), Flags::TRACKED);
        }
        for (place, text) in texts.iter().enumerate() {
            let entry = whole.entry(place).unwrap();
            assert_eq!(entry.length(), text.len());
            assert!(entry.is_of(text.as_bytes()) && !entry.is_of(b"b"));
            assert_eq!(entry.flags(), Flags::TRACKED);
        }
        assert!(whole.entry(3).is_none());
        let ids = |layout: &Layout| -> Vec<u64> {
            layout.entries().iter().map(|entry| entry.id.0).collect()
        };
        assert_eq!(ids(&whole.prefix(2)), [0, 1]);
        assert_eq!(ids(&whole.without(&[0, 2])), [1]);
        let last = whole.entry_mut(2).unwrap();
        last.set_flags(Flags::DROPPED.repeated());
        assert!(last.flags().is_dropped() && last.flags().is_repeated());
        assert_eq!(last.key(), Key::of(b"ccc").unwrap());
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<Entry>(), 20);
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
