//! The report of a check.

use aitta_keys::{self as keys, FILE_VARIABLE, KEY_VARIABLE, KeyRing};
use aitta_model::{ConfigFinding, ConfigReport, EffectiveValue, ErrorCode, Severity};
use aitta_source::Server;
use aitta_store as store;
use aitta_store::{StoreConfig, StoreLogin};

use super::Inputs;
use super::environment::Variables;
use super::resolve::Resolved;
use super::setting::{Found, KEEPS, Note, Origin, RULES, TARGETS};

pub(super) fn report(inputs: &Inputs, resolved: Resolved) -> ConfigReport {
    make(inputs, resolved, true)
}

/// The report without a look at the keychain, which blocks.
pub(super) fn report_without_key(inputs: &Inputs, resolved: Resolved) -> ConfigReport {
    make(inputs, resolved, false)
}

fn make(inputs: &Inputs, mut resolved: Resolved, with_key: bool) -> ConfigReport {
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
    if resolved.password_in_keychain() {
        let origin = resolved.settings.password.as_ref().map(|found| &found.origin);
        tell("password", origin.map(|origin| ("in the keychain".to_owned(), origin)));
    }
    let kind = resolved.settings.store.kind();
    tell("store.type", Some((kind.value.clone(), &kind.origin)));
    if kind.value == "local" {
        tell("store.dir", Some((shown(&resolved.store_dir), &resolved.store_dir.origin)));
    } else {
        for (name, found) in resolved.settings.store.effective() {
            let told = found.as_ref().map(|found| (found.value.clone(), &found.origin));
            tell(&format!("store.{name}"), told);
        }
        let login = resolved.settings.store.login.as_ref();
        tell("store.credentials", login.map(|found| (credentials(&found.value).to_owned(), &found.origin)));
    }
    let quota = resolved.settings.store.quota_gb.as_ref();
    if let Some(found) = quota {
        tell("store.quota_gb", Some((found.value.to_string(), &found.origin)));
    }
    for (number, (copy, said)) in resolved.copies.iter().zip(&resolved.settings.copies).enumerate() {
        tell(&format!("copy {}", number + 1), Some((store::location(&copy.store), &said.origin)));
    }
    let residency = resolved.settings.residency.as_ref();
    if let Some(found) = residency {
        tell("residency", Some((found.value.clone(), &found.origin)));
    }
    tell(
        "retention_days",
        Some((resolved.retention_days.value.to_string(), &resolved.retention_days.origin)),
    );
    tell("auto_backup", Some((resolved.auto_backup.value.to_string(), &resolved.auto_backup.origin)));
    for (name, found) in ["schedule", "time_zone"].into_iter().zip(&resolved.rule) {
        tell(name, Some((found.value.clone(), &found.origin)));
    }
    for (rule, found) in RULES.iter().zip(&resolved.settings.rules) {
        if let Some(found) = found {
            tell(rule.name, Some((found.value.clone(), &found.origin)));
        }
    }
    let admin = resolved.settings.admin.as_ref();
    tell("admin", admin.map(|found| (found.value.clone(), &found.origin)));
    let mfa = resolved.settings.mfa.as_ref();
    let required = mfa.is_some_and(|found| found.value);
    let origin = mfa.map_or(&Origin::Default, |found| &found.origin);
    tell("mfa", Some((if required { "required" } else { "when-enrolled" }.to_owned(), origin)));
    let aims = resolved.settings.aims();
    for (target, found) in TARGETS.iter().zip(&resolved.settings.targets) {
        let origin = found.as_ref().map_or(&Origin::Default, |found| &found.origin);
        tell(target.name, Some((target.of(&aims).to_string(), origin)));
    }
    for (keep, found) in KEEPS.iter().zip(&resolved.settings.keeps) {
        if let Some(found) = found {
            tell(keep.name, Some((found.value.to_string(), &found.origin)));
        }
    }
    for channel in &resolved.settings.channels {
        let told = (channel.place().to_owned(), &Origin::Environment(channel.variable()));
        tell(channel.kind().as_str(), Some(told));
    }
    let ignored = resolved.settings.table_loss_ignore.as_ref();
    if let Some(found) = ignored {
        tell("table_loss_ignore", Some((found.value.join(", "), &found.origin)));
    }
    if let Some(found) = &resolved.settings.hooks {
        for (kind, hook) in found.value.all() {
            tell(&format!("hooks.{kind}"), Some((hook.program().display().to_string(), &found.origin)));
        }
        tell("hooks.timeout_s", Some((found.value.timeout_s.to_string(), &found.origin)));
    }
    if let Some(found) = &resolved.settings.contacts {
        let names: Vec<&str> = found.value.iter().map(|contact| contact.name.as_str()).collect();
        tell("contacts", Some((names.join(", "), &found.origin)));
    }
    let tools = resolved.settings.pg_bin_dir.as_ref();
    tell("pg_bin_dir", tools.map(|found| (shown(found), &found.origin)));
    tell("data_dir", resolved.data_dir.as_ref().map(|found| (shown(found), &found.origin)));
    if with_key {
        let key = key(inputs, &resolved, &mut notes);
        tell("encryption key", key.as_ref().map(|(id, origin)| (format!("id {id}"), origin)));
    }

    let about = about_database(&resolved, &notes);
    notes.extend(about);
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
fn key(inputs: &Inputs, resolved: &Resolved, notes: &mut Vec<Note>) -> Option<(String, Origin)> {
    let variables = Variables::new(inputs);
    let origin = match variables.text(KEY_VARIABLE) {
        Ok(Some(_)) => Origin::Environment(KEY_VARIABLE),
        Ok(None) if variables.path(FILE_VARIABLE).is_some() => Origin::Environment(FILE_VARIABLE),
        Ok(None) => Origin::Keychain,
        Err(note) => {
            notes.push(note);
            return None;
        }
    };
    let told = inputs.keys();
    let data_dir = resolved.data_dir.as_ref().map(|found| found.value.clone()).unwrap_or_default();
    match KeyRing::at_hand(&told, keys::vault_for(&told, &data_dir).as_ref()) {
        Ok(ring) => Some((ring.active_id().to_string(), origin)),
        Err(e) if matches!(e.code(), ErrorCode::KeyMissing | ErrorCode::KeychainUnavailable) => {
            notes.push(Note::new(Severity::Warning, e.to_string(), e.hint()));
            None
        }
        Err(e) => {
            notes.push(Note::blocker(e.to_string(), e.hint()));
            None
        }
    }
}

fn about_database(resolved: &Resolved, notes: &[Note]) -> Option<Note> {
    let Some(found) = &resolved.settings.database else {
        let unreadable = notes.iter().any(|note| note.names_no_database && note.concerns(&resolved.profile));
        return (!unreadable).then(|| {
            Note::new(
                Severity::Warning,
                "no database is named",
                "set DATABASE_URL, such as postgres://user@host/database or sqlite:/path/file.db",
            )
        });
    };
    let Some(path) = found.value.expose().strip_prefix("sqlite:") else {
        // One that can't be understood is told when it is opened.
        let remark = Server::new(&found.value).ok()?.remark()?;
        return Some(Note::new(remark.severity, remark.message, remark.hint.to_string()));
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    (!path.starts_with('/') && !cfg!(windows)).then(|| {
        Note::new(
            Severity::Warning,
            "the path of the SQLite file is relative: it starts from the folder that Aitta is run in",
            "write the whole path, such as sqlite:/path/file.db",
        )
    })
}

/// Where credentials are, never themselves.
fn credentials(login: &StoreLogin) -> &'static str {
    match login {
        StoreLogin::Unsaid => "not set",
        StoreLogin::Given(_) => "set",
        StoreLogin::Keychain => "in the keychain",
    }
}

/// What is known without asking a server; `aitta store check` asks it.
fn about_store(resolved: &Resolved) -> Option<Note> {
    let Ok(StoreConfig::Local { .. }) = resolved.store else { return None };
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
