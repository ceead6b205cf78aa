//! The report of a check.

use aitta_model::{ConfigFinding, ConfigReport, EffectiveValue, Severity};

use super::Inputs;
use super::environment::Variables;
use super::resolve::Resolved;
use super::setting::{Found, Note, Origin};
use crate::keys::{KEY_VARIABLE, KeyRing};

pub(super) fn report(inputs: &Inputs, mut resolved: Resolved) -> ConfigReport {
    let mut notes = std::mem::take(&mut resolved.findings);
    let mut effective = Vec::new();
    let mut tell = |name: &str, found: Option<(String, &Origin)>| {
        let (value, origin) = match found {
            Some((value, origin)) => (Some(value), origin.to_string()),
            None => (None, "not set".to_owned()),
        };
        effective.push(EffectiveValue { name: name.to_owned(), value, origin });
    };
    let shown = |found: &Found<std::path::PathBuf>| found.value.display().to_string();

    tell("profile", Some((resolved.profile.value.clone(), &resolved.profile.origin)));
    let database = resolved.settings.database.as_ref();
    tell("database", database.map(|found| (found.value.redacted(), &found.origin)));
    tell("store.type", Some((resolved.store_type.value.clone(), &resolved.store_type.origin)));
    if resolved.store_type.value == "local" {
        tell("store.dir", Some((shown(&resolved.store_dir), &resolved.store_dir.origin)));
    }
    tell(
        "retention_days",
        Some((resolved.retention_days.value.to_string(), &resolved.retention_days.origin)),
    );
    tell("auto_backup", Some((resolved.auto_backup.value.to_string(), &resolved.auto_backup.origin)));
    let tools = resolved.settings.pg_bin_dir.as_ref();
    tell("pg_bin_dir", tools.map(|found| (shown(found), &found.origin)));
    tell("data_dir", resolved.data_dir.as_ref().map(|found| (shown(found), &found.origin)));
    let key = key(inputs, &mut notes);
    tell("encryption key", key.map(|id| (format!("id {id}"), &Origin::Environment(KEY_VARIABLE))));

    notes.extend(about_database(&resolved));
    notes.extend(about_store(&resolved));
    let findings = notes
        .into_iter()
        .map(|note| ConfigFinding {
            line: note.line,
            severity: note.severity,
            message: match &note.profile {
                Some(profile) => format!("profile {profile}: {}", note.message),
                None => note.message,
            },
            hint: note.hint,
        })
        .collect();
    ConfigReport { findings, effective }
}

/// The id of the key, which is not secret.
fn key(inputs: &Inputs, notes: &mut Vec<Note>) -> Option<String> {
    let ring = match Variables::new(inputs).text(KEY_VARIABLE) {
        Ok(Some(text)) => KeyRing::from_hex(text),
        Ok(None) => {
            notes.push(Note::new(
                Severity::Warning,
                format!("no encryption key: {KEY_VARIABLE} is not set"),
                format!("set {KEY_VARIABLE} to the key that the archives were made with; before the first backup, make one \
                     with `aitta key generate` and keep a copy of it on paper"),
            ));
            return None;
        }
        Err(note) => {
            notes.push(note);
            return None;
        }
    };
    match ring {
        Ok(ring) => Some(ring.active_id().to_string()),
        Err(e) => {
            notes.push(Note::blocker(e.to_string(), e.hint()));
            None
        }
    }
}

fn about_database(resolved: &Resolved) -> Option<Note> {
    let Some(found) = &resolved.settings.database else {
        let unreadable = resolved.findings.iter().any(|n| n.message.contains("names no database"));
        return (!unreadable).then(|| {
            Note::new(
                Severity::Warning,
                "no database is named",
                "set DATABASE_URL, such as postgres://user@host/database or sqlite:/path/file.db",
            )
        });
    };
    let path = found.value.expose().strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    (!path.starts_with('/') && !cfg!(windows)).then(|| {
        Note::new(
            Severity::Warning,
            "the path of the SQLite file is relative: it starts from the folder that Aitta is run in",
            "write the whole path, such as sqlite:/path/file.db",
        )
    })
}

fn about_store(resolved: &Resolved) -> Option<Note> {
    let kind = &resolved.store_type.value;
    if kind != "local" {
        return Some(Note::blocker(
            format!("the store kind {kind:?} is not in this build yet"),
            "set BACKUP_STORAGE_TYPE=local and BACKUP_LOCAL_DIR to a folder",
        ));
    }
    let dir = &resolved.store_dir;
    let (place, default) = (dir.value.display(), dir.origin == Origin::Default);
    match (dir.value.is_dir(), default) {
        (true, _) => None,
        (false, _) if dir.value.exists() => Some(Note::blocker(
            format!("the store {place} is a file, and a folder is needed"),
            "set BACKUP_LOCAL_DIR, or dir of the store in the file, to a folder",
        )),
        (false, true) => Some(Note::new(
            Severity::Info,
            format!("the folder {place} does not exist yet"),
            "the first backup makes it",
        )),
        (false, false) => Some(Note::new(
            Severity::Warning,
            format!("the store {place} does not exist"),
            "check that the disk is mounted and that the path is right; for a new store, create the folder",
        )),
    }
}
