//! Large objects, read in a form that does not depend on how they are stored: a sparse object and its
//! dense copy give the same lines, so that the digest of a restored database can be compared.

use aitta_archive::RowDigest;
use aitta_base::Result;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::postgres::types::Oid;

use super::connect::Server;
use super::copy::digest_rows;
use super::privileges::{Entry, merged};
use super::properties::LargeObject;

/// Name of the section.
pub(crate) const SECTION: &str = "large objects";

/// Bytes of an object in one line. The digest depends on it: it never changes.
const CHUNK: u32 = 256 * 1024;

/// `INV_READ` of `lo_open`.
const INV_READ: u32 = 0x4_0000;

/// `COPY` of the data of the objects from `first` to `last`: lines `oid TAB offset TAB \\x…`.
///
/// `lo_get` reads under the transaction's snapshot and asks only for the right to read the object,
/// while `pg_largeobject` itself is for superusers. The size comes from seeking to the end; each
/// descriptor is closed again, or a hundred thousand of them would stay open.
pub(super) fn copy_statement(first: u32, last: u32) -> String {
    format!(
        "COPY (SELECT s.oid, o.start, lo_get(s.oid, o.start, {CHUNK}) \
         FROM (SELECT b.oid, b.size, lo_close(b.fd) AS closed \
           FROM (SELECT a.oid, a.fd, lo_lseek64(a.fd, 0, 2) AS size \
             FROM (SELECT m.oid, lo_open(m.oid, {INV_READ}) AS fd FROM pg_largeobject_metadata m \
               WHERE m.oid BETWEEN {first} AND {last} OFFSET 0) a OFFSET 0) b OFFSET 0) s, \
         LATERAL generate_series(0::bigint, s.size - 1, {CHUNK}) AS o(start) \
         WHERE s.closed = 0) TO STDOUT"
    )
}

/// Number of lines and digest of all large objects of a database.
///
/// # Errors
/// As [`Server::error`].
pub(crate) async fn digest_large_objects(server: &Server, conn: &mut PgConnection) -> Result<RowDigest> {
    digest_rows(server, conn, &copy_statement(0, u32::MAX)).await
}

/// All objects by oid, without their data.
pub(super) async fn list(server: &Server, conn: &mut PgConnection) -> Result<Vec<LargeObject>> {
    const OBJECTS: &str = "SELECT m.oid, pg_get_userbyid(m.lomowner)::text, \
        obj_description(m.oid, 'pg_largeobject') \
        FROM pg_largeobject_metadata m ORDER BY m.oid";
    const GRANTS: &str = "SELECT m.oid, CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee)::text END, \
        a.privilege_type, a.is_grantable \
        FROM pg_largeobject_metadata m, aclexplode(m.lomacl) a ORDER BY m.oid, 2 NULLS FIRST, 3";
    let error = |e| server.error(e);
    let rows: Vec<(Oid, String, Option<String>)> =
        sqlx::query_as(AssertSqlSafe(OBJECTS)).fetch_all(&mut *conn).await.map_err(error)?;
    type Acl = (Oid, Option<String>, String, bool);
    let acl: Vec<Acl> = sqlx::query_as(AssertSqlSafe(GRANTS)).fetch_all(&mut *conn).await.map_err(error)?;
    let mut acl = acl.into_iter().peekable();
    let objects = rows.into_iter().map(|(oid, owner, comment)| {
        let mut own: Vec<Entry> = Vec::new();
        while let Some((_, grantee, privilege, grantable)) = acl.next_if(|(of, ..)| of.0 == oid.0) {
            own.push((grantee, privilege, grantable));
        }
        LargeObject { oid: oid.0, owner, comment, privileges: merged(own), grants: Vec::new() }
    });
    Ok(objects.collect())
}
