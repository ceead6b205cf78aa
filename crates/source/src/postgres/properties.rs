//! What only PostgreSQL understands of a manifest. All of it is JSON in `Manifest::properties` and
//! `Section::properties`; fields are added, never given another meaning.

use serde::{Deserialize, Serialize};

use super::code::Code;

/// `Manifest::properties`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DatabaseProperties {
    /// `server_version_num`, such as 150018.
    pub(crate) server_version_num: u32,
    /// Which server it is, by the number that `initdb` gives it; `None` where it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system_identifier: Option<String>,
    /// Version of `pg_dump` that wrote the schema section.
    pub(crate) pg_dump_version: String,
    /// Encoding of the database, such as `UTF8`.
    pub(crate) encoding: String,
    /// `LC_COLLATE` of the database.
    pub(crate) collate: String,
    /// `LC_CTYPE` of the database.
    pub(crate) ctype: String,
    /// `c`, `i` or `b` (libc, ICU, builtin), as in `pg_database.datlocprovider`; empty before version 15.
    pub(crate) locale_provider: String,
    /// ICU or builtin locale, if any.
    pub(crate) locale: Option<String>,
    /// `lc_monetary` of the sessions that wrote the rows; empty where they had that of their server.
    pub(crate) lc_monetary: String,
    /// Owner of the database.
    pub(crate) owner: String,
    /// How many sessions it takes at once, where that is limited.
    pub(crate) connection_limit: Option<i32>,
    /// Whether it is a template.
    pub(crate) is_template: bool,
    /// Comment on the database.
    pub(crate) comment: Option<String>,
    /// Privileges on the database itself, all that there are; `None` where they are those of every new database.
    pub(crate) privileges: Option<Vec<Privilege>>,
    /// The same in archives of revision 1: `GRANT`s as SQL with the placeholder `{database}` (quoted by the reader).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) grants: Vec<String>,
    /// Settings by `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET`.
    pub(crate) settings: Vec<DatabaseSetting>,
    /// Every role that owns something or is named in a privilege or policy.
    pub(crate) roles: Vec<String>,
    /// Extensions other than `plpgsql`.
    pub(crate) extensions: Vec<Extension>,
    /// Sequences with their positions, read after the snapshot was taken, so never behind the data.
    pub(crate) sequences: Vec<Sequence>,
    /// Populated materialized views in the order in which they can be refreshed.
    pub(crate) materialized_views: Vec<QualifiedName>,
    /// Relations that belong to an extension and so are not archived, though they hold something.
    pub(crate) left_out: Vec<LeftOut>,
    /// Large objects, without their data.
    pub(crate) large_objects: Vec<LargeObject>,
    /// What a restore could run of what others have written; `None` in archives that are older than this field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Vec<Code>>,
}

/// A setting of the database, for all roles or for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DatabaseSetting {
    pub(crate) role: Option<String>,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// An installed extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extension {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// A sequence and where it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sequence {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) last_value: i64,
    pub(crate) is_called: bool,
    /// Below zero for a sequence that counts down.
    pub(crate) increment: i64,
    /// The column that owns it: `serial`, identity, `OWNED BY`.
    pub(crate) owned_by: Option<OwnedBy>,
}

/// A column that owns a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnedBy {
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) column: String,
}

/// A relation by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QualifiedName {
    pub(crate) schema: String,
    pub(crate) name: String,
}

/// A relation that comes with an extension, as far as the server knows: only the extension is archived, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOut {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) extension: String,
}

/// A large object. Its data is in the section named `large objects`: lines `oid TAB offset TAB hex`,
/// the hex as COPY writes bytea (`\\x…`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LargeObject {
    pub(crate) oid: u32,
    pub(crate) owner: String,
    pub(crate) comment: Option<String>,
    /// Privileges on it, all that there are; empty where only the owner has any.
    #[serde(default)]
    pub(crate) privileges: Vec<Privilege>,
    /// The same in archives of revision 1: `GRANT`s as SQL with the placeholder `{object}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) grants: Vec<String>,
}

/// What somebody may do with an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Privilege {
    /// A role; `None` is `PUBLIC`.
    pub(crate) grantee: Option<String>,
    /// Such as `CONNECT`.
    pub(crate) privileges: Vec<String>,
    /// Whether he may give it on.
    pub(crate) grantable: bool,
}

/// `Section::properties` of a table. Tables that hold no rows of their own (partitioned ones) have a
/// section too, so that they can be chosen by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TableProperties {
    /// `pg_class.oid` in the source; the schema section names objects by it.
    pub(crate) oid: u32,
    /// `r` or `p` (ordinary or partitioned), as in `pg_class.relkind`.
    pub(crate) relkind: String,
    /// The table whose partition this is.
    pub(crate) partition_of: Option<QualifiedName>,
    /// The columns that make the primary key.
    pub(crate) primary_key: Vec<String>,
    /// Columns that are `NOT NULL`.
    pub(crate) not_null: Vec<String>,
    /// Objects of the schema section that belong to this table, each as `catalog oid`, `object oid`:
    /// the table itself, defaults, constraints, indexes, triggers, rules, policies, owned sequences.
    pub(crate) members: Vec<(u32, u32)>,
    /// Foreign keys of this table (not of others) as `pg_constraint.oid` and name.
    pub(crate) foreign_keys: Vec<(u32, String)>,
    /// `pg_table_size`, in bytes.
    pub(crate) disk_bytes: u64,
    /// For a configuration table of an extension (`pg_extension_config_dump`): which of its rows are
    /// archived, as `WHERE …` or empty for all. The table itself comes with the extension.
    pub(crate) extension_condition: Option<String>,
}
