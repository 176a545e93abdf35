//! Where a request belongs among others: the context that one service passes to the next.

use std::fmt;
use std::str::FromStr;

/// A span of a trace. Its text form is the header `traceparent` (w3.org/TR/trace-context):
/// `00-<trace, 32 digits>-<span, 16 digits>-<flags, 2 digits>`, digits hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    /// The trace, never 0.
    pub trace: u128,
    /// The span, never 0.
    pub span: u64,
    /// Whether its spans are recorded.
    pub sampled: bool,
}

/// A text that is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTraceContext;

/// Bytes of the form that version 00 has.
const LENGTH: usize = 55;

fn hexadecimal(text: &str) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.is_empty() || !text.bytes().all(is_digit) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

fn parse(text: &str) -> Option<TraceContext> {
    let mut parts = text.splitn(5, '-');
    let mut part = |length| {
        let part = parts.next().filter(|part| part.len() == length)?;
        hexadecimal(part)
    };
    let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    // Later versions may add more behind; this one may not.
    if version == 0xff || (version == 0 && text.len() != LENGTH) || trace == 0 || span == 0 {
        return None;
    }
    Some(TraceContext {
        trace,
        span: u64::try_from(span).ok()?,
        sampled: flags & 1 == 1,
    })
}

impl FromStr for TraceContext {
    type Err = NoTraceContext;

    fn from_str(text: &str) -> Result<Self, NoTraceContext> {
        parse(text).ok_or(NoTraceContext)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_a_context_and_what_is_none() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context: TraceContext = good.parse().unwrap();
        assert_eq!(context.trace, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert!(context.span == 0xb7ad_6b71_6920_3331 && context.sampled);
        assert_eq!(context.to_string(), good);
        let later = good.replace("00-0af", "01-0af") + "-more";
        assert_eq!(later.parse(), Ok(context));
        let unsampled = good.replace("-01", "-02");
        assert!(!unsampled.parse::<TraceContext>().unwrap().sampled);
        for bad in [
            String::new(),
            good.replace("00-0af", "ff-0af"),
            good.to_uppercase(),
            good.to_owned() + "-more",
            good.replace("b7ad6b7169203331", "0000000000000000"),
            good.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            good.replace("-01", "-1"),
            good.replace('-', "_"),
            good.replace("b7ad", "+7ad"),
        ] {
            assert_eq!(bad.parse::<TraceContext>(), Err(NoTraceContext), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[-0-9a-fé]{0,60}") {
            if let Ok(context) = text.parse::<TraceContext>() {
                prop_assert_eq!(context.to_string().parse(), Ok(context));
            }
        }
    }
}
