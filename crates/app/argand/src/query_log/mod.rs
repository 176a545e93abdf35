//! Logs of queries: those that ran when the process died, all of them where a file is named, and
//! the slow ones.

mod active;
mod file;
mod record;
mod slow;

pub(crate) use active::ActiveQueries;
pub(crate) use file::QueryLog;
pub(crate) use slow::SlowQueries;
