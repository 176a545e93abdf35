//! Docker and Docker Swarm.

use super::{FILTERS, PORT, REFRESH, http};
use crate::error::Fault;
use crate::schema::{Kind, Section, boolean, field, text};
use crate::table::Table;

/// One entry of `docker_sd_configs`.
pub(super) static DOCKER: Section = Section::new(
    &[
        http::FIELDS,
        &[
            text("host"),
            PORT,
            FILTERS,
            text("host_networking_host").or_text("localhost"),
            REFRESH,
            boolean("match_first_network").or_true().shown(),
        ],
    ],
    &[http::check, host],
);

/// One entry of `dockerswarm_sd_configs`.
pub(super) static SWARM: Section = Section::new(
    &[
        http::FIELDS,
        &[
            text("host"),
            field("role", Kind::Choice(&["services", "tasks", "nodes"])).required(),
            PORT,
            FILTERS,
            REFRESH,
        ],
    ],
    &[http::check, host],
);

fn host(section: &mut Table) -> Result<(), Fault> {
    section.require("host", "")?;
    match url::Url::parse(section.text("host")) {
        Ok(_) => Ok(()),
        Err(error) => Err(section.fault("host", format!("not a valid URL: {error}"))),
    }
}
