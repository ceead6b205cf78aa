//! The file: TOML with one table for each profile.
//!
//! ```toml
//! [profile.shop]
//! database = "postgres://backup@db.example/shop"
//! store = { type = "local", dir = "/srv/backups/shop" }
//! copies = [{ type = "s3", bucket = "shop-backups" }]    # each holds a copy of every archive
//! retention_days = 30
//! auto_backup = true
//! schedule = "0 2 * * *"
//! time_zone = "Europe/Helsinki"
//! pg_bin_dir = "/usr/lib/postgresql/16/bin"
//! admin = "Liisa Virtanen"   # for the audit trail
//! mfa = "required"           # or "when-enrolled"
//! password = "keychain"       # where it is, never itself
//! residency = "EU"           # no store outside the European Union
//! rpo_minutes = 60
//! table_loss_ignore = ["Session"]   # emptied by rule: nobody is asked about its lost rows
//!
//! [profile.shop.hooks]   # programs, with their whole path, and what they are given; no shell
//! before_restore = ["/usr/bin/systemctl", "stop", "shop"]
//! after_restore = ["/usr/bin/systemctl", "start", "shop"]
//! timeout_s = 60
//!
//! [[profile.shop.contacts]]   # whom to call
//! name = "Liisa Virtanen"
//! role = "on call"
//! phone = "+358 40 123 4567"
//! ```
//! Relative folders start from the folder of the file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use aitta_base::absolute;
use aitta_model::{ClosedList as _, Command, Contact, HookKind, Severity};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::contacts::{self, FIELDS};
use super::hooks::{self, Hook, Hooks};
use super::place::{StoreSaid, TEXTS, Text};
use super::setting::{self, Found, KEEPS, Note, Origin, RULES, Settings, TARGETS};
use super::trust;

const PROFILE_KEYS: [&str; 29] = [
    "database",
    "password",
    "store",
    "copies",
    "retention_days",
    "auto_backup",
    "schedule",
    "prune_schedule",
    "verify_schedule",
    "trail_schedule",
    "time_zone",
    "admin",
    "mfa",
    "residency",
    "pg_bin_dir",
    "rpo_minutes",
    "rto_minutes",
    "baseline_seconds",
    "storage_alert_percent",
    "key_days",
    "table_loss_percent",
    "table_loss_ignore",
    "keep_daily",
    "keep_weekly",
    "keep_monthly",
    "keep_yearly",
    "prune_percent",
    "hooks",
    "contacts",
];

/// A file that was read.
#[derive(Default)]
pub(super) struct File {
    /// The profiles, with the lines they begin at.
    pub(super) profiles: BTreeMap<String, (u64, Settings)>,
    pub(super) notes: Vec<Note>,
}

/// Reads the text of the file at `path`. `shared` means that others may read it too; `writers` says who else can write it.
pub(super) fn parse(path: &Path, text: &str, shared: bool, writers: Option<String>) -> File {
    let mut reader = Reader { path, text, shared, writers, profile: None, notes: Vec::new() };
    let mut profiles = BTreeMap::new();
    match DeTable::parse(text) {
        Err(e) => {
            let line = reader.line(place(text, e.span().unwrap_or_default()));
            let note = Note::blocker(
                format!("this is not TOML: {}", e.message()),
                "mend this line; https://toml.io shows the form",
            );
            reader.notes.push(note.at(line, None));
        }
        Ok(table) => reader.root(table.get_ref(), &mut profiles),
    }
    File { profiles, notes: reader.notes }
}

/// Where an error is to be mended. A text whose closing quote is missing is noticed at the line feed after it
/// or, when it was begun with three, at the end of the file.
fn place(text: &str, span: Range<usize>) -> Range<usize> {
    let before = text.get(..span.start).unwrap_or_default();
    let opened = ["\"\"\"", "'''"].iter().filter_map(|quotes| {
        let odd = before.matches(quotes).count() % 2 == 1;
        before.rfind(quotes).filter(|_| odd)
    });
    match opened.max() {
        Some(start) => start..start,
        None if text.as_bytes().get(span.start) == Some(&b'\n') || span.start >= text.len() => {
            let end = before.trim_end().len().saturating_sub(1);
            end..end
        }
        None => span,
    }
}

struct Reader<'f> {
    path: &'f Path,
    text: &'f str,
    shared: bool,
    writers: Option<String>,
    profile: Option<String>,
    notes: Vec<Note>,
}

impl Reader<'_> {
    fn root(&mut self, table: &DeTable<'_>, profiles: &mut BTreeMap<String, (u64, Settings)>) {
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("profile", DeValue::Table(table)) => {
                    for (name, value) in table {
                        let line = self.line(name.span());
                        let name = name.get_ref().to_string();
                        self.profile = Some(name.clone());
                        match value.get_ref() {
                            DeValue::Table(table) => {
                                let settings = self.profile(table);
                                profiles.insert(name, (line, settings));
                            }
                            other => self.wrong_type(value.span(), "profile", "a table", other),
                        }
                        self.profile = None;
                    }
                }
                ("profile", other) => self.wrong_type(value.span(), "profile", "a table", other),
                (unknown, _) => self.unknown(key.span(), unknown, &["profile"]),
            }
        }
    }

    fn profile(&mut self, table: &DeTable<'_>) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in table {
            let span = value.span();
            match key.get_ref().as_ref() {
                "database" => {
                    settings.database = self.text(value, "database", setting::database);
                    self.warn_of_password(span, settings.database.as_ref());
                }
                "store" => match value.get_ref() {
                    DeValue::Table(store) => settings.store = self.store(store),
                    other => self.wrong_type(
                        span,
                        "store",
                        "a table such as { type = \"local\", dir = \"…\" }",
                        other,
                    ),
                },
                "copies" => settings.copies = self.copies(value),
                "password" => settings.password = self.text(value, "password", setting::password),
                "retention_days" => {
                    settings.retention_days = self.number(value, "retention_days", setting::retention_days);
                }
                "auto_backup" => match value.get_ref() {
                    DeValue::Boolean(on) => settings.auto_backup = self.keep(span, Ok(*on)),
                    other => self.wrong_type(span, "auto_backup", "true or false", other),
                },
                "schedule" => settings.schedule = self.text(value, "schedule", setting::schedule),
                "time_zone" => settings.time_zone = self.text(value, "time_zone", setting::time_zone),
                "admin" => settings.admin = self.text(value, "admin", setting::admin),
                "mfa" => settings.mfa = self.text(value, "mfa", setting::mfa),
                "residency" => settings.residency = self.text(value, "residency", setting::residency),
                "table_loss_ignore" => {
                    settings.table_loss_ignore = self.table_names(value, "table_loss_ignore")
                }
                "pg_bin_dir" => {
                    settings.pg_bin_dir = self.folder(value, "pg_bin_dir");
                    self.refuse_programs(span, &mut settings);
                }
                "hooks" => settings.hooks = self.hooks(value),
                "contacts" => settings.contacts = self.contacts(value),
                name => {
                    let target = TARGETS.iter().position(|target| target.name == name);
                    let keep = KEEPS.iter().position(|keep| keep.name == name);
                    let rule = RULES.iter().position(|rule| rule.name == name);
                    match (target, keep, rule) {
                        (Some(i), ..) => {
                            settings.targets[i] =
                                self.number(value, name, |what, n| TARGETS[i].check(what, n));
                        }
                        (_, Some(i), _) => {
                            settings.keeps[i] = self.number(value, name, |what, n| KEEPS[i].check(what, n));
                        }
                        (.., Some(i)) => {
                            settings.rules[i] = self.text(value, name, |what, t| RULES[i].check(what, t));
                        }
                        (None, None, None) => self.unknown(key.span(), name, &PROFILE_KEYS),
                    }
                }
            }
        }
        settings
    }

    fn table_names(&mut self, value: &Spanned<DeValue<'_>>, what: &str) -> Option<Found<Vec<String>>> {
        let DeValue::Array(names) = value.get_ref() else {
            self.wrong_type(value.span(), what, "a list of tables such as [\"Session\"]", value.get_ref());
            return None;
        };
        let mut found = Vec::new();
        for name in names {
            found.push(self.text(name, what, setting::table_name)?.value);
        }
        self.keep(value.span(), Ok(found))
    }

    fn copies(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Found<StoreSaid>> {
        const WANTED: &str = "a list of stores such as [{ type = \"local\", dir = \"…\" }]";
        let DeValue::Array(stores) = value.get_ref() else {
            self.wrong_type(value.span(), "copies", WANTED, value.get_ref());
            return Vec::new();
        };
        let mut copies = Vec::new();
        for store in stores {
            match store.get_ref() {
                DeValue::Table(table) => {
                    let said = self.store(table);
                    copies.extend(self.keep(store.span(), Ok(said)));
                }
                other => self.wrong_type(store.span(), "copies", WANTED, other),
            }
        }
        copies
    }

    fn store(&mut self, table: &DeTable<'_>) -> StoreSaid {
        let mut said = StoreSaid::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "type" => said.kind = self.text(value, "store.type", setting::store_type),
                "dir" => said.dir = self.folder(value, "store.dir"),
                "credentials" => {
                    said.login = self.text(value, "store.credentials", setting::credentials);
                }
                "quota_gb" => {
                    said.quota_gb = self.number(value, "store.quota_gb", setting::quota_gb);
                }
                name => match TEXTS.iter().position(|text| text.name == name) {
                    Some(at) => said.texts[at] = self.store_text(value, &TEXTS[at]),
                    None => {
                        let texts = TEXTS.iter().map(|text| text.name);
                        let known: Vec<_> =
                            ["type", "dir", "credentials", "quota_gb"].into_iter().chain(texts).collect();
                        self.unknown(key.span(), name, &known);
                    }
                },
            }
        }
        said
    }

    /// What is true or false may be written as that, too.
    fn store_text(&mut self, value: &Spanned<DeValue<'_>>, text: &Text) -> Option<Found<String>> {
        let what = format!("store.{}", text.name);
        match value.get_ref() {
            DeValue::Boolean(on) => {
                let checked = text.check(&what, if *on { "true" } else { "false" });
                self.keep(value.span(), checked)
            }
            _ => self.text(value, &what, |what, given| text.check(what, given)),
        }
    }

    fn folder(&mut self, value: &Spanned<DeValue<'_>>, what: &str) -> Option<Found<PathBuf>> {
        let base = self.path.parent().unwrap_or(Path::new("/"));
        let mut found = self.text(value, what, setting::folder)?;
        found.value = absolute(base, &found.value);
        Some(found)
    }

    fn number(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        what: &str,
        check: impl FnOnce(&str, Option<u32>) -> Result<u32, Note>,
    ) -> Option<Found<u32>> {
        match value.get_ref() {
            DeValue::Integer(n) => {
                let checked = check(what, u32::from_str_radix(n.as_str(), n.radix()).ok());
                self.keep(value.span(), checked)
            }
            other => {
                self.wrong_type(value.span(), what, "a number", other);
                None
            }
        }
    }

    fn text<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        what: &str,
        check: impl FnOnce(&str, &str) -> Result<T, Note>,
    ) -> Option<Found<T>> {
        match value.get_ref() {
            DeValue::String(text) => {
                let checked = check(what, text);
                self.keep(value.span(), checked)
            }
            other => {
                self.wrong_type(value.span(), what, "a text in quotes", other);
                None
            }
        }
    }

    fn keep<T>(&mut self, span: Range<usize>, checked: Result<T, Note>) -> Option<Found<T>> {
        let line = self.line(span);
        match checked {
            Ok(value) => Some(Found::new(value, Origin::File { path: self.path.to_owned(), line })),
            Err(note) => {
                self.notes.push(note.at(line, self.profile.as_deref()));
                None
            }
        }
    }

    /// Programs of that folder are run as this user, so whoever can change the file could have anything run.
    fn refuse_programs(&mut self, span: Range<usize>, settings: &mut Settings) {
        let Some(others) = &self.writers else { return };
        settings.pg_bin_dir = None;
        let note = Note::blocker(
            format!("pg_bin_dir names programs to run, and {others}"),
            "let nobody but yourself write to the file and its folder, such as with `chmod go-w`, and make yourself their \
             owner; or leave pg_bin_dir out: the programs in PATH are used then",
        );
        let line = self.line(span);
        self.notes.push(note.at(line, self.profile.as_deref()));
    }

    /// Programs that run around backups and restores. As those of `pg_bin_dir` they run as this user.
    fn hooks(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Found<Hooks>> {
        const WANTED: &str =
            "a program and what it is given, such as [\"/usr/bin/systemctl\", \"stop\", \"shop\"]";
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(value.span(), "hooks", "a table such as [profile.NAME.hooks]", value.get_ref());
            return None;
        };
        let mut found = Hooks::default();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if name == hooks::TIMEOUT {
                let timeout = self.number(value, "hooks.timeout_s", hooks::timeout);
                found.timeout_s = timeout.map_or(found.timeout_s, |found| found.value);
                continue;
            }
            let Some(kind) = HookKind::of_word(name) else {
                self.unknown(key.span(), name, &hooks::KEYS);
                continue;
            };
            let what = format!("hooks.{name}");
            let DeValue::Array(words) = value.get_ref() else {
                self.wrong_type(value.span(), &what, WANTED, value.get_ref());
                continue;
            };
            let said = words.iter().map(|word| self.text(word, &what, hooks::word).map(|found| found.value));
            let Some(words) = said.collect::<Option<Vec<String>>>() else { continue };
            if let Some(hook) = self.keep(value.span(), Hook::of(&what, words)) {
                *found.slot(kind) = Some(hook.value);
            }
        }
        // What can't be looked at is in whoever's hands.
        let others = trust::strangers(self.path)
            .unwrap_or_else(|e| Some(format!("the rights of {} can't be read: {e}", self.path.display())));
        if let Some(others) = others {
            let line = self.line(value.span());
            let note = Note::blocker(format!("hooks names programs to run, and {others}"), trust::REMEDY);
            self.notes.push(note.at(line, self.profile.as_deref()));
            return None;
        }
        self.keep(value.span(), Ok(found))
    }

    fn contacts(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Found<Vec<Contact>>> {
        const WANTED: &str = "a list of tables such as [[profile.NAME.contacts]]";
        let DeValue::Array(tables) = value.get_ref() else {
            self.wrong_type(value.span(), "contacts", WANTED, value.get_ref());
            return None;
        };
        let mut found = Vec::new();
        for table in tables {
            let DeValue::Table(fields) = table.get_ref() else {
                self.wrong_type(table.span(), "contacts", WANTED, table.get_ref());
                continue;
            };
            let mut said = contacts::Said::default();
            for (key, value) in fields {
                match key.get_ref().as_ref() {
                    "order" => {
                        said.order =
                            self.number(value, "contacts.order", contacts::order).map(|found| found.value);
                    }
                    name => match said.field(name) {
                        Some(_) => {
                            let text = self.text(value, &format!("contacts.{name}"), contacts::text);
                            if let Some(slot) = said.field(name) {
                                *slot = text.map(|found| found.value);
                            }
                        }
                        None => self.unknown(key.span(), name, &FIELDS),
                    },
                }
            }
            found.extend(self.keep(table.span(), said.contact()).map(|found| found.value));
        }
        let sorted = contacts::sorted(found);
        self.keep(value.span(), sorted)
    }

    fn warn_of_password(&mut self, span: Range<usize>, url: Option<&Found<aitta_model::DatabaseUrl>>) {
        let has_password = url.is_some_and(|u| u.value.redacted() != u.value.expose());
        if has_password && self.shared {
            let note = Note::new(
                Severity::Warning,
                "a password stands in this file, and other users may read it",
                "run chmod 600 on the file, or take the password out and use ~/.pgpass",
            );
            let line = self.line(span);
            self.notes.push(note.at(line, self.profile.as_deref()));
        }
    }

    fn wrong_type(&mut self, span: Range<usize>, key: &str, expected: &str, found: &DeValue<'_>) {
        let note = Note::blocker(
            format!("{key} is of the type {}, and {expected} is needed", found.type_str()),
            format!("write {expected}"),
        );
        let line = self.line(span);
        self.notes.push(note.at(line, self.profile.as_deref()));
    }

    fn unknown(&mut self, span: Range<usize>, key: &str, known: &[&str]) {
        let near = known
            .iter()
            .map(|candidate| (strsim::jaro_winkler(candidate, key), candidate))
            .filter(|(score, _)| *score > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = match near {
            _ if key.contains("access_key") || key.contains("secret") || key.contains("account_key") => {
                format!(
                    "secrets are never kept in this file; write credentials = \"keychain\" and run \
                     {store_login}, or set the variables that the store has for them",
                    store_login = Command::StoreLogin
                )
            }
            _ if key.contains("key") && near.is_none_or(|(_, name)| *name != "key_days") => {
                "keys are never kept in this file; set BACKUP_ENCRYPTION_KEY".to_owned()
            }
            Some((_, name)) => format!("did you mean {name}?"),
            None => format!("known here: {}", known.join(", ")),
        };
        let line = self.line(span);
        let note = Note::blocker(format!("there is no setting {key:?}"), hint);
        self.notes.push(note.at(line, self.profile.as_deref()));
    }

    /// The line of a place in the text, counted from 1.
    fn line(&self, span: Range<usize>) -> u64 {
        let before = self.text.as_bytes().iter().take(span.start);
        1 + before.filter(|&&b| b == b'\n').count() as u64
    }
}
