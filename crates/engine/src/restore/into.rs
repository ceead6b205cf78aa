//! What a restore goes into, as the trail names it.

use aitta_model::RestoreInto;

/// A schema of its own in the database at `place`, or that database.
pub(super) fn named(schema: Option<&str>, place: &str) -> String {
    schema.map_or_else(|| place.to_owned(), |schema| format!("schema {schema} of {place}"))
}

/// What [`named`] has named, seen from the database at `own`.
pub(crate) fn into(named: &str, own: Option<&str>) -> RestoreInto {
    match own.and_then(|own| named.strip_suffix(own)) {
        Some("") => RestoreInto::Own,
        Some(schema) if schema.starts_with("schema ") && schema.ends_with(" of ") => RestoreInto::Schema,
        _ => RestoreInto::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_known_again_by_its_name() {
        let seen = |schema, place: &str, own| into(&named(schema, place), own);
        assert_eq!(seen(None, "db1:5432/shop", Some("db1:5432/shop")), RestoreInto::Own);
        assert_eq!(seen(Some("incident"), "db1:5432/shop", Some("db1:5432/shop")), RestoreInto::Schema);
        for (schema, place, own) in [
            (None, "xdb1:5432/shop", Some("db1:5432/shop")),
            (None, "db1:5432/shop2", Some("db1:5432/shop")),
            (Some("a"), "xdb1:5432/shop", Some("db1:5432/shop")),
            (None, "db1:5432/shop", None),
        ] {
            assert_eq!(seen(schema, place, own), RestoreInto::Other, "{schema:?} {place}");
        }
    }
}
