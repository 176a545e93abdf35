//! The five services: their names and usual ports.

use std::fmt;

/// What an agent optimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Saves money.
    Cost,
    /// Makes answers faster.
    Performance,
    /// Uses machines better.
    Resource,
    /// Watches the quality of answers.
    Application,
}

impl Kind {
    /// All agents.
    pub const ALL: [Self; 4] = [
        Self::Cost,
        Self::Performance,
        Self::Resource,
        Self::Application,
    ];

    /// What the orchestrator calls it: the label `agent`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Performance => "performance",
            Self::Resource => "resource",
            Self::Application => "application",
        }
    }
}

/// One of the fleet's services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Hands work to the agents.
    Orchestrator,
    /// Does it.
    Agent(Kind),
}

impl Service {
    /// All, the orchestrator first.
    pub const ALL: [Self; 5] = [
        Self::Orchestrator,
        Self::Agent(Kind::Cost),
        Self::Agent(Kind::Performance),
        Self::Agent(Kind::Resource),
        Self::Agent(Kind::Application),
    ];

    /// The job under which it is scraped.
    #[must_use]
    pub const fn job(self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestrator",
            Self::Agent(Kind::Cost) => "cost-agent",
            Self::Agent(Kind::Performance) => "performance-agent",
            Self::Agent(Kind::Resource) => "resource-agent",
            Self::Agent(Kind::Application) => "application-agent",
        }
    }

    /// Where it listens when nothing else is said.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Orchestrator => 8080,
            Self::Agent(Kind::Cost) => 8001,
            Self::Agent(Kind::Performance) => 8002,
            Self::Agent(Kind::Resource) => 8003,
            Self::Agent(Kind::Application) => 8004,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.job())
    }
}
