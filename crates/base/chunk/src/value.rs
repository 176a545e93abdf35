//! A float as what changes in its bits, which XOR chunks and histograms share.
//!
//! ```text
//! value  = 0 (as before) | 10 + bits within the last window
//!        | 11 + leading zeros 5 bits + size 6 bits (0 is 64) + bits
//! ```

use super::bits::{BitWriter, Bits};

/// Five bits say how many leading zeros a window has.
const MOST_LEADING: u32 = 31;

/// The value so far and the window of its last change.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Value {
    pub(super) bits: u64,
    /// How many bits the window has; 0 before the first.
    pub(super) size: u32,
    /// How many bits stand behind it.
    pub(super) trailing: u32,
}

impl Value {
    /// A first value.
    pub(super) fn at(bits: u64) -> Self {
        Self {
            bits,
            ..Self::default()
        }
    }

    /// Reads the next value.
    #[inline(always)]
    pub(super) fn next(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        if bits.valid < 13 {
            bits.refill();
        }
        match bits.ahead >> 62 {
            0 | 1 => return bits.drop(1),
            2 => bits.drop(2)?,
            _ => {
                let leading = (bits.ahead >> 57) as u32 & 31;
                let size = (bits.ahead >> 51) as u32 & 63;
                bits.drop(13)?;
                self.set_window(leading, size)?;
            }
        }
        self.change(bits)
    }

    /// Reads a window of its own and the change in it.
    #[inline]
    pub(super) fn change_with_window(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let leading = bits.take(5)? as u32;
        let size = bits.take(6)? as u32;
        self.set_window(leading, size)?;
        self.change(bits)
    }

    #[inline]
    fn set_window(&mut self, leading: u32, size: u32) -> Option<()> {
        self.size = if size == 0 { 64 } else { size };
        self.trailing = 64u32.checked_sub(leading + self.size)?;
        Some(())
    }

    /// Reads a change within the last window.
    #[inline(always)]
    pub(super) fn change(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        // A window of no bits is one that no value has set yet.
        let change = bits.take_long((self.size > 0).then_some(self.size)?)?;
        self.bits ^= change << self.trailing;
        Some(())
    }

    /// Writes the next value.
    pub(super) fn write(&mut self, out: &mut BitWriter, bits: u64) {
        let change = bits ^ self.bits;
        self.bits = bits;
        if change == 0 {
            out.put(0, 1);
            return;
        }
        let leading = change.leading_zeros().min(MOST_LEADING);
        let trailing = change.trailing_zeros();
        let fits =
            self.size > 0 && leading + self.size + self.trailing >= 64 && trailing >= self.trailing;
        if fits {
            out.put(0b10, 2);
        } else {
            (self.size, self.trailing) = (64 - leading - trailing, trailing);
            out.put(0b11, 2);
            out.put(u64::from(leading), 5);
            out.put(u64::from(self.size & 63), 6);
        }
        out.put(change >> self.trailing, self.size);
    }
}
