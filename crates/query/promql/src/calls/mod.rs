//! Functions of instant vectors, a family a file. Those of range vectors are kernels.

pub(crate) mod absent;
mod classic;
pub(crate) mod histogram;
pub(crate) mod info;
pub(crate) mod label;
pub(crate) mod math;
mod mended;
mod moment;
pub(crate) mod order;
pub(crate) mod time;
