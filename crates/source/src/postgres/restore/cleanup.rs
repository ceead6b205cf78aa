//! What whole restores have set aside.

use aitta_base::{Error, Result};
use aitta_model::{CleanupReport, Command, ErrorCode};

use super::super::connect::Server;
use super::super::quote::ident;
use super::beside::{drop_leftovers, leftovers, set_aside_databases, unfinished_databases};
use super::swap::no_template;
use super::target::maintenance;

/// Lists it, and drops the one called `name`, or all. What killed restores into this database left behind goes too; what
/// others have left unfinished on the server goes by its name.
///
/// # Errors
/// `config_invalid` when there is no such database, and `source_*`.
pub(in super::super) async fn cleanup(
    server: &Server,
    name: Option<&str>,
    all: bool,
) -> Result<CleanupReport> {
    let mut admin = maintenance(server).await?;
    let found = set_aside_databases(server, &mut admin).await?;
    let mut unfinished = unfinished_databases(server, &mut admin).await?;
    unfinished.extend(leftovers(server, &mut admin).await?);
    if let Some(name) = name.filter(|name| !found.iter().chain(&unfinished).any(|known| known == name)) {
        let list: Vec<_> = found.into_iter().chain(unfinished).collect();
        let list = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("no restore has set aside or left a database {name:?}; there are: {list}"),
            format!("{restore_cleanup} lists them", restore_cleanup = Command::RestoreCleanup),
        ));
    }
    let mut dropped =
        if all || name.is_some() { drop_leftovers(server, &mut admin).await? } else { Vec::new() };
    let named = name.filter(|name| unfinished.iter().any(|left| left == name));
    let named = named.filter(|name| !dropped.iter().any(|gone| gone == name)).map(str::to_owned);
    let mut kept = Vec::new();
    for database in found.into_iter().chain(named) {
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
    let unfinished = unfinished_databases(server, &mut admin).await?;
    Ok(CleanupReport { kept, dropped, unfinished })
}
