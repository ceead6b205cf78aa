//! A new database for one proof.

use aitta_base::{Error, Result, random};
use aitta_model::ErrorCode;
use async_trait::async_trait;

use super::PostgresSource;
use super::connect::Server;
use super::quote::ident;
use super::restore::{discard, maintenance};
use crate::{Scratch, Target};

/// How the names of such databases begin. The rest is random, so that none has the name of a database that is there.
const PREFIX: &str = "aitta_proof_";

/// Random bytes in the name.
const RANDOM: usize = 8;

/// Whether a name is one that a proof gives its database.
pub(super) fn is_scratch(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX).unwrap_or_default();
    random.len() == 2 * RANDOM && random.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A database that does not exist yet.
pub(super) struct PgScratch {
    server: Server,
    target: PostgresSource,
    left: Vec<String>,
}

/// Names a new database on the server.
///
/// # Errors
/// `source_*`; `source_denied` when the user may not create one.
pub(super) async fn scratch(server: &Server) -> Result<PgScratch> {
    const WHO: &str =
        "SELECT rolcreatedb OR rolsuper, rolname::text FROM pg_roles WHERE rolname = current_user";
    const LEFT: &str =
        "SELECT datname::text FROM pg_database WHERE starts_with(datname::text, $1) ORDER BY datname";
    let mut conn = maintenance(server).await?;
    let (may_create, user): (bool, String) =
        sqlx::query_as(WHO).fetch_one(&mut conn).await.map_err(|e| server.error(e))?;
    if !may_create {
        return Err(Error::new(
            ErrorCode::SourceDenied,
            format!(
                "the user {user:?} may not create databases on {}, and a proof needs a new one",
                server.place()
            ),
            format!(
                "let a superuser run ALTER ROLE {} CREATEDB; or restore into an empty database that an administrator \
                 creates for you with --to, which proves the backup as well",
                ident(&user)
            ),
        ));
    }
    let left =
        sqlx::query_scalar(LEFT).bind(PREFIX).fetch_all(&mut conn).await.map_err(|e| server.error(e))?;
    let name = format!("{PREFIX}{}", hex::encode(random::<RANDOM>()?));
    let server = server.with_database(&name);
    Ok(PgScratch { target: PostgresSource::new(server.clone()), server, left })
}

#[async_trait]
impl Scratch for PgScratch {
    fn target(&self) -> &dyn Target {
        &self.target
    }

    fn left(&self) -> &[String] {
        &self.left
    }

    async fn discard(self: Box<Self>) -> Result<()> {
        discard(&self.server, self.server.database()).await.map_err(|e| {
            e.hint_instead(format!("drop it yourself: DROP DATABASE {};", ident(self.server.database())))
        })
    }
}
