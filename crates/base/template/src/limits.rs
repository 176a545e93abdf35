//! What a template may take, each with its unit and reason.

/// Bytes of one source text. Upstream's own set of default templates has 30 KiB.
pub const MAX_SOURCE: usize = 1 << 20;

/// Bytes that one execution may write, and that one text made by a function may have. The largest
/// e-mails that servers take have 25 MiB; most receivers take a few KiB.
pub const MAX_OUTPUT: usize = 16 << 20;

/// Steps that a call of a function beside the built-in ones counts as: it may compile a pattern or
/// ask a query.
pub const CALL_STEPS: u64 = 10;

/// Bytes of arguments that count as one step more.
pub const STEP_BYTES: usize = 64;

/// Bytes of values that functions may make in one execution, kept or not: a loop that gathers
/// texts must end before the memory does.
pub const MAX_MADE: usize = 128 << 20;

/// Actions, operands and turns of loops in one execution: about a second. Ten thousand series
/// told in fifty words each take one million.
pub const MAX_STEPS: u64 = 5_000_000;

/// Blocks, parentheses and calls of templates that may be inside one another while executing.
/// Every one of them takes stack; the smallest stack of this program's threads has 2 MiB.
pub const MAX_DEPTH: usize = 100;

/// Blocks and parentheses that may be inside one another in a source text.
pub const MAX_NESTING: usize = 90;

/// Lists and maps that may be inside one another.
pub const MAX_VALUE_DEPTH: u32 = 32;

/// Width and precision of `printf`, as in Go.
pub const MAX_WIDTH: i64 = 1_000_000;
