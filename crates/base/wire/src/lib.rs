//! Every foreign byte format, to and from the model.
//!
//! Bytes come in and values of `model` go out, or the other way. Bytes are never trusted: what
//! does not keep to its format is an error that says where and what, and nothing panics. Absent:
//! sockets and files; whoever has the bytes hands them over.
//!
//! [`exposition`] is what targets answer to a scrape: text, OpenMetrics and protobuf; [`remote`]
//! what other servers push and ask for; [`otlp`] what programs push that measure with
//! OpenTelemetry; [`families`] what programs push to a push gateway; [`alertmanager`] what Alertmanager
//! leaves in its data folder.

pub mod alertmanager;
pub mod exposition;
pub mod families;
mod fields;
pub mod otlp;
pub mod remote;
