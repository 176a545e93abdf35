//! The tables of all sections that a file may hold: keys, kinds, presets and the rules over them.
//!
//! Adding a key is adding a line here. What a section is used for is told in [`crate::build`].

pub(crate) mod alerting;
pub(crate) mod discovery;
pub(crate) mod http;
pub(crate) mod otlp;
pub(crate) mod relabel;
pub(crate) mod remote;
pub(crate) mod rule_tests;
pub(crate) mod rules;
pub(crate) mod scrape;
pub(crate) mod statsd;
pub(crate) mod top;
pub(crate) mod web;
