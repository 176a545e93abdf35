//! Every foreign byte format, to and from the model.

pub mod exposition;
