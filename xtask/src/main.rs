//! `cargo xtask <task>`: what developers and the gate run.
//!
//! | task | what it does |
//! |---|---|
//! | `setup` | installs the programs that black-box tests compare with, where it may |
//! | `test` | set-up and every test: crates, black box, pages in a browser |
//! | `lint` | formatting and lints |
//! | `ui` | builds the pages anew into `ui/dist` |
//! | `python` | builds the Python package of the client library and runs its tests |
//! | `fuzz [--seconds N]` | fuzzes every reader of foreign bytes, N seconds each |
//! | `openapi [--seconds N] [--seed N]` | asks a running server what the document of its API allows |
//! | `cold-start` | the README's run command on an empty folder must answer a query |

#![expect(clippy::print_stdout, reason = "tasks tell what they do")]

mod cold_start;
mod command;
mod fuzz;
mod openapi;
mod pages;
mod python;
mod setup;
mod suite;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let task = std::env::args().nth(1).unwrap_or_default();
    match task.as_str() {
        "setup" => setup::run(),
        "test" => {
            setup::run()?;
            suite::crates()?;
            pages::check()
        }
        "lint" => suite::lint(),
        "ui" => pages::build(),
        "python" => python::check(),
        "fuzz" => fuzz::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        "openapi" => openapi::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        "cold-start" => cold_start::run(),
        other => bail!(
            "no task {other:?}; there are: setup, test, lint, ui, python, fuzz, openapi, cold-start (see xtask/src/main.rs)"
        ),
    }
}
