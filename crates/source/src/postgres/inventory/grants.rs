//! Access control lists as `GRANT` statements, for what `pg_dump --schema-only` leaves out.

use std::collections::BTreeMap;

use crate::postgres::quote::ident;

/// One entry of `aclexplode`.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Grant {
    /// `None` is `PUBLIC`.
    pub(in crate::postgres) grantee: Option<String>,
    pub(in crate::postgres) privilege: String,
    pub(in crate::postgres) grantable: bool,
}

/// The statements that give `object` (such as `DATABASE {database}`) this list, beginning from no
/// privileges but the owner's. The owner's usual privileges, `all`, need no statement.
pub(in crate::postgres) fn grants(object: &str, owner: &str, all: &[&str], list: Vec<Grant>) -> Vec<String> {
    if list.is_empty() {
        return Vec::new();
    }
    let mut merged: BTreeMap<(Option<String>, bool), Vec<String>> = BTreeMap::new();
    for Grant { grantee, privilege, grantable } in list {
        merged.entry((grantee, grantable)).or_default().push(privilege);
    }
    let usual = |held: &Vec<String>| all.iter().all(|p| held.iter().any(|h| h == p));
    let mut statements = Vec::new();
    let owners = (Some(owner.to_owned()), false);
    if merged.get(&owners).is_some_and(usual) {
        merged.remove(&owners);
    } else {
        statements.push(format!("REVOKE ALL ON {object} FROM {}", ident(owner)));
    }
    for ((grantee, grantable), privileges) in merged {
        let to = grantee.as_deref().map_or_else(|| "PUBLIC".to_owned(), ident);
        let option = if grantable { " WITH GRANT OPTION" } else { "" };
        statements.push(format!("GRANT {} ON {object} TO {to}{option}", privileges.join(", ")));
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(grantee: Option<&str>, privilege: &str, grantable: bool) -> Grant {
        Grant { grantee: grantee.map(str::to_owned), privilege: privilege.to_owned(), grantable }
    }

    #[test]
    fn only_what_differs_from_the_owners_usual_rights_is_said() {
        let all = ["SELECT", "UPDATE"];
        let usual = [grant(Some("me"), "SELECT", false), grant(Some("me"), "UPDATE", false)];
        let list = [usual.to_vec(), vec![grant(None, "SELECT", false), grant(Some("B c"), "UPDATE", true)]];
        assert_eq!(
            grants("LARGE OBJECT {object}", "me", &all, list.concat()),
            [
                "GRANT SELECT ON LARGE OBJECT {object} TO PUBLIC",
                "GRANT UPDATE ON LARGE OBJECT {object} TO \"B c\" WITH GRANT OPTION",
            ]
        );
        let less = vec![grant(Some("me"), "SELECT", false)];
        assert_eq!(
            grants("X", "me", &all, less),
            ["REVOKE ALL ON X FROM \"me\"", "GRANT SELECT ON X TO \"me\""]
        );
    }
}
