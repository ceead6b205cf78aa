//! What whole restores have set aside.

use aitta_base::{Error, Result};
use aitta_model::{CleanupReport, Command, ErrorCode};

use super::super::connect::Server;
use super::super::quote::ident;
use super::beside::{drop_leftovers, set_aside_databases};
use super::swap::no_template;
use super::target::maintenance;

/// Lists it, and drops the one called `name`, or all. What killed restores left behind goes too.
///
/// # Errors
/// `config_invalid` when there is no such database, and `source_*`.
pub(in super::super) async fn cleanup(
    server: &Server,
    name: Option<&str>,
    all: bool,
) -> Result<CleanupReport> {
    let mut admin = maintenance(server).await?;
    let mut dropped =
        if all || name.is_some() { drop_leftovers(server, &mut admin).await? } else { Vec::new() };
    let found = set_aside_databases(server, &mut admin).await?;
    if let Some(name) = name.filter(|n| !found.iter().any(|f| f == n) && !dropped.iter().any(|d| d == n)) {
        let list = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("no restore has set aside a database {name:?}; there are: {list}"),
            format!("{restore_cleanup} lists them", restore_cleanup = Command::RestoreCleanup),
        ));
    }
    let mut kept = Vec::new();
    for database in found {
        if !all && name != Some(database.as_str()) {
            kept.push(database);
            continue;
        }
        no_template(server, &mut admin, &database).await?;
        // Without FORCE: a database in use is kept.
        server
            .run(&mut admin, format!("DROP DATABASE {}", ident(&database)))
            .await
            .map_err(|e| e.hint_instead("close the sessions that are connected to it, then run it again"))?;
        dropped.push(database);
    }
    Ok(CleanupReport { kept, dropped })
}
