//! Relabelling: labels in, labels out, or the series dropped.
//!
//! A [`Rule`] is one step of `relabel_configs`; [`apply`] runs a list of them, for every target
//! and every new series. Rules are made by `config`, checked; here nothing can fail any more, and
//! what a rule makes of labels that no file could foresee (a name that is none) is left out.
//!
//! ```
//! use model::LabelsBuilder;
//! use relabel::{Action, Rule, apply};
//!
//! let mut rule = Rule::new(Action::Replace);
//! rule.source_labels = vec!["__address__".to_owned()];
//! rule.target_label = "instance".to_owned();
//! let mut labels = LabelsBuilder::new();
//! labels.set("__address__", "db:9100");
//! assert!(apply(&[rule], &mut labels));
//! assert_eq!(labels.get("instance"), "db:9100");
//! ```

mod apply;
mod case;
mod rule;

pub use apply::apply;
pub use rule::{Action, Rule};
