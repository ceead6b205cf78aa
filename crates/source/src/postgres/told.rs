//! What is told of an error of the server. It ends up in reports, logs and the catalog, where no row may be.
//!
//! Errors of the classes 22 (data_exception) and 23 (integrity_constraint_violation) are about rows: their details hold
//! them, and many messages of class 22 hold values. A function that raises an error (class P0) puts into it what it
//! likes.

use sqlx::postgres::PgDatabaseError;

/// The error of a row, without what it said.
#[derive(Debug)]
pub(super) struct Withheld {
    state: String,
}

impl std::fmt::Display for Withheld {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SQLSTATE {}", self.state)
    }
}

impl std::error::Error for Withheld {}

/// The cause to be kept with an error.
pub(super) fn cause(error: sqlx::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match database(&error).filter(|e| is_about_rows(e)) {
        Some(e) => Box::new(Withheld { state: e.code().to_owned() }),
        None => Box::new(error),
    }
}

/// The SQLSTATE of a cause.
pub(super) fn state(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(withheld) = cause.downcast_ref::<Withheld>() {
        return Some(withheld.state.clone());
    }
    let error = cause.downcast_ref::<sqlx::Error>()?;
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

/// The server's own message with its detail, without sqlx's wrapping, and without rows.
pub(super) fn text(error: &sqlx::Error) -> String {
    let Some(e) = database(error) else { return error.to_string() };
    if is_about_rows(e) {
        return without_rows(e);
    }
    match e.detail() {
        Some(detail) => format!("{} ({detail})", e.message()),
        None => e.message().to_owned(),
    }
}

fn database(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

fn is_about_rows(error: &PgDatabaseError) -> bool {
    is_state_of_rows(error.code(), error.r#where())
}

/// `invalid_parameter_value` belongs to class 22, but mostly it is about a parameter of a statement of ours, and the
/// only thing that says which. With a context it comes from a function or a row.
fn is_state_of_rows(state: &str, context: Option<&str>) -> bool {
    let class = state.get(..2).unwrap_or_default();
    matches!(class, "22" | "23" | "P0") && (state != "22023" || context.is_some())
}

fn without_rows(error: &PgDatabaseError) -> String {
    let state = error.code();
    let context = error.r#where().unwrap_or_default();
    let by_code =
        state.starts_with("P0") || context.contains(" function ") || context.starts_with("SQL function");
    let fact = if by_code {
        format!("a function of the database refused a row or a value (SQLSTATE {state})")
    } else if state.starts_with("23") {
        // The server's own messages of this class name only relations, columns and constraints.
        error.message().to_owned()
    } else {
        format!("a value doesn't fit its type or its use (SQLSTATE {state})")
    };
    match place(context) {
        Some(place) => format!("{fact}, in {place}"),
        None => fact,
    }
}

/// `COPY booking, line 3, column note: "…"` without the value.
fn place(context: &str) -> Option<&str> {
    let copy = context.lines().find(|line| line.starts_with("COPY "))?;
    copy.split_once(": \"").map_or(Some(copy), |(place, _)| Some(place))
}

/// What is told of the messages of `pg_restore`, of which the first that says `error:` is `error`. It doesn't print
/// codes, so whatever could be a value is left out, and the details are as well.
pub(super) fn of_tool(error: &str, messages: &str) -> String {
    let within_code =
        messages.lines().any(|l| l.trim_start().starts_with("CONTEXT:") && l.contains("function"));
    let is_plain =
        ["does not exist", "permission denied", "must be "].iter().any(|plain| error.contains(plain));
    if within_code && !is_plain {
        let before = error.split_once("ERROR:").map_or("", |(before, _)| before);
        return format!(
            "{before}ERROR: a function of the archive refused a row or a value; the server's log has its words"
        );
    }
    // `invalid input syntax for type integer: "x"`; `value "99999999999" is out of range for type integer`
    let end = [": \"", "value \""].iter().filter_map(|mark| error.find(mark)).min();
    match end {
        Some(end) => format!("{} …", error[..end].trim_end()),
        None => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_can_hold_rows_are_those_of_three_classes() {
        for state in ["22P02", "22003", "23505", "23514", "P0001", "P0004"] {
            assert!(is_state_of_rows(state, None), "{state}");
        }
        for state in ["42P01", "55P03", "22023", "57014", ""] {
            assert!(!is_state_of_rows(state, None), "{state}");
        }
        assert!(is_state_of_rows("22023", Some("COPY t, line 1")));
    }

    #[test]
    fn the_place_of_a_refused_row_is_told_without_the_row() {
        assert_eq!(place("COPY t, line 3: \"1\tsecret\""), Some("COPY t, line 3"));
        assert_eq!(
            place("PL/pgSQL function f(text) line 1 at RAISE\nCOPY t, line 3, column a: \"s\""),
            Some("COPY t, line 3, column a")
        );
        assert_eq!(place("SQL statement \"SELECT 1\""), None);
    }

    #[test]
    fn messages_of_tools_lose_their_values() {
        let cut = |error: &str| of_tool(error, error);
        let begin = "pg_restore: error: could not execute query: ERROR:  ";
        for (said, told) in [
            ("invalid input syntax for type integer: \"secret\"", "invalid input syntax for type integer …"),
            ("value \"99\" is out of range for type smallint", "…"),
            ("relation \"t\" already exists", "relation \"t\" already exists"),
            ("could not create unique index \"t_a\"", "could not create unique index \"t_a\""),
        ] {
            assert!(cut(&format!("{begin}{said}")).ends_with(told), "{said}");
            assert!(!cut(&format!("{begin}{said}")).contains("secret"));
        }
        let error = format!("{begin}bad iban secret");
        let all =
            format!("{error}\nCONTEXT:  PL/pgSQL function app.f(text) line 1 at RAISE\nCommand was: CREATE");
        assert!(!of_tool(&error, &all).contains("secret"));
    }
}
