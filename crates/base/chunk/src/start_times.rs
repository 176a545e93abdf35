//! Start times of samples, which some encodings carry behind each sample: passed over, since a
//! sample's start is not kept.
//!
//! ```text
//! header = is the first sample's there 1 bit | from which later sample on they are there 7 bits
//! first  = varint | later = varbit
//! ```

use super::bits::Bits;

/// Which samples of a chunk have a start time.
#[derive(Clone, Copy, Debug)]
pub(super) struct StartTimes {
    of_first: bool,
    /// The place of the first later sample that has one; 0 where none has.
    from: u16,
}

impl StartTimes {
    /// A chunk without start times.
    pub(super) const NONE: Self = Self {
        of_first: false,
        from: 0,
    };

    /// What a chunk's header byte says.
    pub(super) fn new(header: u8) -> Self {
        Self {
            of_first: header & 0x80 != 0,
            from: u16::from(header & 0x7f),
        }
    }

    /// Passes over the start time behind the sample at a place, where there is one.
    #[inline]
    pub(super) fn skip(self, bits: &mut Bits<'_>, place: u16) -> Option<()> {
        if place == 0 {
            if self.of_first {
                bits.uvarint()?;
            }
        } else if self.from > 0 && place >= self.from {
            bits.varbit_uint()?;
        }
        Some(())
    }
}
