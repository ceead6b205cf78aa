//! Access control lists, which `pg_dump --schema-only` leaves out for databases and large objects. The archive holds
//! them as data; they become statements only where they are given back.

use std::collections::BTreeMap;

use aitta_base::{Error, Result};
use aitta_model::{Command, ErrorCode};

use super::properties::Privilege;
use super::quote::ident;

/// One entry of `aclexplode`: who has it (`None` is `PUBLIC`), what, and whether he may give it on.
pub(super) type Entry = (Option<String>, String, bool);

/// Entries, put together by who has them and in which way.
pub(super) fn merged(list: Vec<Entry>) -> Vec<Privilege> {
    let mut merged: BTreeMap<(Option<String>, bool), Vec<String>> = BTreeMap::new();
    for (grantee, privilege, grantable) in list {
        merged.entry((grantee, grantable)).or_default().push(privilege);
    }
    let privilege = |((grantee, grantable), privileges)| Privilege { grantee, privileges, grantable };
    merged.into_iter().map(privilege).collect()
}

/// The statements that give `object`, such as `DATABASE "shop"`, this list, beginning from no privileges but the
/// owner's. The owner's usual privileges, `all`, need no statement.
///
/// # Errors
/// `archive_damaged` when a privilege is more than a word.
pub(super) fn statements(object: &str, owner: &str, all: &[&str], list: &[Privilege]) -> Result<Vec<String>> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let owners = |p: &&Privilege| p.grantee.as_deref() == Some(owner) && !p.grantable;
    let usual = |p: &Privilege| all.iter().all(|a| p.privileges.iter().any(|held| held == a));
    let has_usual = list.iter().find(owners).is_some_and(usual);
    let mut statements = Vec::new();
    if !has_usual {
        statements.push(format!("REVOKE ALL ON {object} FROM {}", ident(owner)));
    }
    for privilege in list.iter().filter(|p| !(has_usual && owners(p))) {
        let words = words(privilege)?;
        let to = privilege.grantee.as_deref().map_or_else(|| "PUBLIC".to_owned(), ident);
        let option = if privilege.grantable { " WITH GRANT OPTION" } else { "" };
        statements.push(format!("GRANT {words} ON {object} TO {to}{option}"));
    }
    Ok(statements)
}

fn words(privilege: &Privilege) -> Result<String> {
    let is_word = |word: &String| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase());
    match privilege.privileges.iter().find(|p| !is_word(p)) {
        None => Ok(privilege.privileges.join(", ")),
        Some(other) => Err(Error::new(
            ErrorCode::ArchiveDamaged,
            format!("the archive names the privilege {other:?}, which is none"),
            format!(
                "restore with --no-privileges, or from another archive: {backup_list} shows them",
                backup_list = Command::BackupList
            ),
        )),
    }
}

/// Puts `with` in the place of `placeholder` in a statement of an archive of revision 1, which has no privileges as
/// data. A name in double quotes may hold anything, also what looks like the placeholder, and is left alone.
pub(super) fn filled(statement: &str, placeholder: &str, with: &str) -> String {
    // A doubled quote within a name ends one piece and begins the next: what lies between is outside, and empty.
    let piece = |(i, piece): (usize, &str)| match i % 2 {
        0 => piece.replace(placeholder, with),
        _ => piece.to_owned(),
    };
    statement.split('"').enumerate().map(piece).collect::<Vec<_>>().join("\"")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn entry(grantee: Option<&str>, privilege: &str, grantable: bool) -> Entry {
        (grantee.map(str::to_owned), privilege.to_owned(), grantable)
    }

    #[test]
    fn only_what_differs_from_the_owners_usual_rights_is_said() {
        let all = ["SELECT", "UPDATE"];
        let usual = [entry(Some("me"), "SELECT", false), entry(Some("me"), "UPDATE", false)];
        let list = [usual.to_vec(), vec![entry(None, "SELECT", false), entry(Some("B c"), "UPDATE", true)]];
        assert_eq!(
            statements("LARGE OBJECT 7", "me", &all, &merged(list.concat())).unwrap(),
            [
                "GRANT SELECT ON LARGE OBJECT 7 TO PUBLIC",
                "GRANT UPDATE ON LARGE OBJECT 7 TO \"B c\" WITH GRANT OPTION",
            ]
        );
        let less = merged(vec![entry(Some("me"), "SELECT", false)]);
        assert_eq!(
            statements("X", "me", &all, &less).unwrap(),
            ["REVOKE ALL ON X FROM \"me\"", "GRANT SELECT ON X TO \"me\""]
        );
    }

    #[test]
    fn a_privilege_that_is_more_than_a_word_is_refused() {
        for privilege in ["", "SELECT ON t TO x; DROP", "CONNECT ON DATABASE POSTGRES TO X;", "all"] {
            let list = merged(vec![entry(None, privilege, false)]);
            let error = statements("X", "me", &[], &list).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ArchiveDamaged, "{privilege}");
        }
    }

    /// Names as they could be chosen to be taken for something else.
    fn name() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("{database}".to_owned()),
            Just("{object}".to_owned()),
            Just("\"".to_owned()),
            Just("\"\"; DROP DATABASE x; --".to_owned()),
            "[a-z{}\"'\\\\ ;]{1,6}",
        ];
        prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
    }

    /// The names in double quotes, and the rest.
    fn parts(statement: &str) -> (Vec<String>, String) {
        let (mut names, mut rest) = (Vec::new(), String::new());
        let mut letters = statement.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter != '"' {
                rest.push(letter);
                continue;
            }
            let mut name = String::new();
            while let Some(letter) = letters.next() {
                match (letter, letters.peek()) {
                    ('"', Some('"')) => name.extend(letters.next()),
                    ('"', _) => break,
                    _ => name.push(letter),
                }
            }
            names.push(name);
            rest.push('_');
        }
        (names, rest)
    }

    proptest! {
        #[test]
        fn names_stay_what_they_are(role in name(), database in name(), grantable: bool) {
            let option = if grantable { " WITH GRANT OPTION" } else { "" };
            let old = format!("GRANT CONNECT ON DATABASE {{database}} TO {}{option}", ident(&role));
            let list = merged(vec![(Some(role.clone()), "CONNECT".to_owned(), grantable)]);
            let object = format!("DATABASE {}", ident(&database));
            let new = statements(&object, "somebody", &[], &list).unwrap();
            for statement in [filled(&old, "{database}", &ident(&database)), new.last().unwrap().clone()] {
                let (names, rest) = parts(&statement);
                prop_assert_eq!(names, [database.clone(), role.clone()]);
                prop_assert_eq!(rest, format!("GRANT CONNECT ON DATABASE _ TO _{option}"));
            }
        }
    }
}
