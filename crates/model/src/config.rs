//! The report of a check of the configuration.

use serde::{Deserialize, Serialize};

use crate::Severity;

/// The configuration, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigReport {
    /// What is wrong or worth knowing, by line.
    pub findings: Vec<ConfigFinding>,
    /// What counts, and where it comes from.
    pub effective: Vec<EffectiveValue>,
}

impl ConfigReport {
    /// Whether Aitta would refuse to work with it.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Blocker)
    }
}

/// Something about one line, or about all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigFinding {
    /// Line of the file, counted from 1; absent when it is not about the file.
    pub line: Option<u64>,
    /// How much it matters.
    pub severity: Severity,
    /// The fact.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// One setting as it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectiveValue {
    /// Its name in the file.
    pub name: String,
    /// Its value; secrets are left out of it.
    pub value: Option<String>,
    /// `command line`, `environment NAME`, `file PATH, line N`, `default` or `not set`.
    pub origin: String,
}
