//! English.

use aitta_model::{Excess, GuardState};

use super::{Lack, Setup, StoreLack};

pub(in crate::texts) const EN: Setup = Setup {
    welcome: "Welcome to Aitta",
    welcome_words: "Encrypted backups of your database, read back after every run, and restores that are proven row by row. \
        The first backup is a few minutes away.",
    start: "Set up",
    start_words: "Connect a database, choose a storage location, create a key.",
    try_sample: "Try it with sample data",
    sample_words: "Three months of backups of a made-up car wash. Your own data isn't touched.",
    making_sample: "Creating three months of real backups. This takes about ten seconds.",
    steps: "Steps",
    step_names: ["Database", "Storage", "Loss limit", "Key", "First backup"],
    done_step: "done",
    back: "Back",
    next: "Continue",
    new_profile: "Set up another profile",
    profile_name: "Profile name",
    profile_name_hint: "Short, e.g. the name of the database.",
    profile_taken: "A profile with this name already exists. Choose another name.",
    database: "Which database do you want to protect?",
    database_words: "Aitta only reads from it. Nothing is changed.",
    kind: "Database type",
    postgres_words: "A server, version 12 to 18",
    sqlite_words: "A file on this machine",
    by_parts: "Details",
    by_url: "URL",
    how: "Input method",
    host: "Host",
    port: "Port",
    database_name: "Database",
    user: "User",
    password: "Password",
    url_hint: "E.g. postgres://user@host:5432/database. A password in it is stored in your system's keychain.",
    password_hint: "Stored in your system's keychain, never in a file. Leave empty if no password is needed.",
    url: "Connection URL",
    path: "File path",
    path_hint: "Full path, e.g. /srv/data/shop.db",
    path_full: |path| format!("Full path: {path}"),
    path_incomplete: "Enter the full path: it begins with / or ~/.",
    choose: "Choose…",
    password_keep: "A password is stored. Leave empty to keep it.",
    password_of_another: "The stored password belongs to the previous connection. Enter the password for this one.",
    tls: "Encryption (TLS)",
    tls_mode: |mode| {
        let words = match mode {
            "" => "Automatic: required unless the server is on this machine",
            "disable" => "Off: password and data travel unencrypted",
            "require" => "Required",
            "verify-ca" => "Required, certificate checked",
            "verify-full" => "Required, certificate and host name checked",
            other => other,
        };
        words.to_owned()
    },
    lack: |lack| match lack {
        Lack::Host => "Enter the host name or address of the server.",
        Lack::Port => "Enter a port from 1 to 65535 (usually 5432).",
        Lack::Database => "Enter the name of the database.",
        Lack::User => "Enter the user to connect as.",
        Lack::Url => "Enter a URL, e.g. postgres://user:password@host:5432/database.",
        Lack::Path => "Enter the path of the database file.",
    },
    check_connection: "Test connection",
    checking: "Testing…",
    answers: |version| format!("Connected to {version}"),
    too_many_rights: |user| format!("{user} has more rights than a backup needs:"),
    excess: |excess| {
        Some(match excess {
            Excess::Superuser => "Superuser: can do anything on the whole server".to_owned(),
            Excess::Roles => "Can create and change other roles (CREATEROLE)".to_owned(),
            Excess::Replication => "Can read the whole server (REPLICATION)".to_owned(),
            Excess::Owns => {
                "Owns what is backed up, and can change and drop it; a backup only needs to read".to_owned()
            }
            Excess::Becomes { owners } => format!(
                "Can become {}, and change and drop what is backed up; only a restore needs that",
                owners.join(", ")
            ),
            Excess::Databases => "Can create databases; only a restore needs that".to_owned(),
            Excess::Other => return None,
        })
    },
    roles: "Roles with only the rights they need",
    roles_hint: "SQL for this server, to be run in psql by a superuser: one role for backups and one for restores.",
    role_lacks: "This role can't do:",
    store: "Where should backups be stored?",
    store_words: "Pick a place that would survive the loss of the database server.",
    folder: "Folder",
    path_of_folder: "Full path, e.g. /mnt/backup/aitta.",
    folder_hint: "Full path, e.g. /mnt/backup/aitta. Created if its parent exists.",
    store_lack: |lack| match lack {
        StoreLack::Folder => "Enter the path of a folder.",
        StoreLack::Bucket => "Enter the name of the bucket.",
        StoreLack::Account => "Enter the name of the storage account.",
        StoreLack::Container => "Enter the name of the container.",
        StoreLack::Secret => "Enter both the ID and the secret, or neither.",
    },
    store_kind: "Storage type",
    local_words: "A second disk, a NAS, an external drive.",
    s3_words: "AWS S3 or any S3-compatible server.",
    azure_words: "Microsoft Azure Blob Storage.",
    bucket: "Bucket",
    region: "Region",
    region_hint: "Default: eu-north-1",
    access_id: "Access key ID",
    access_hint: "Leave empty to use this machine's AWS profile, SSO or role.",
    access_secret: "Secret access key",
    store_secret_hint: "Stored only in your keychain.",
    store_secret_kept: "A secret is in the keychain. Leave empty to keep it.",
    store_more: "More settings",
    endpoint: "Endpoint",
    endpoint_hint: "For servers other than AWS, e.g. https://s3.example.com",
    azure_endpoint_hint: "For servers other than Azure.",
    prefix: "Prefix",
    prefix_hint: "Leave empty to store backups at the top level.",
    path_style: "Use path-style addresses",
    plain_http: "Connect without TLS, in a network I trust",
    old_checksums: "Compatibility mode (no CRC checksums)",
    account: "Storage account",
    container: "Container",
    azure_key: "Account key, SAS or connection string",
    guard_fine: "OK",
    guard_warning: "Warning",
    guard_unknown: "Unknown",
    check_store: "Test storage",
    writable: "Write, read and delete work",
    free: |size| format!("{size} free"),
    archives_there: |n| match n {
        0 => "no backups there yet".to_owned(),
        1 => "1 backup is already there".to_owned(),
        n => format!("{} backups are already there", crate::plain::number(n)),
    },
    guard: |guard, state| {
        Some(match (guard, state) {
            ("public_access", GuardState::Fine) => "Not readable by the public",
            ("public_access", GuardState::Warning) => {
                "Readable by everyone. Block public access in the settings of the bucket or container."
            }
            ("versioning", GuardState::Fine) => {
                "Versions are kept: deleted or replaced objects can be brought back"
            }
            ("versioning", GuardState::Warning) => {
                "No versions are kept: deleted objects are gone at once. Enable versioning in the settings of the bucket."
            }
            ("encryption", GuardState::Fine) => "Encrypted once more by the store",
            ("encryption", GuardState::Warning) => {
                "No encryption by the store: only that of Aitta counts. Enable default encryption there."
            }
            ("object_lock", GuardState::Fine) => {
                "Locked against deletion until the retention period has ended"
            }
            ("object_lock", GuardState::Warning) => {
                "No Object Lock or immutability policy: anyone with these credentials can delete every backup. Enable it at the store."
            }
            ("create_only", GuardState::Fine) => "Existing backups can't be overwritten",
            ("create_only", GuardState::Warning) => {
                "Overwriting isn't prevented by the store. Aitta checks before each write; let nothing else write there."
            }
            // The engine names the right that is missing.
            _ => return None,
        })
    },
    loss: "How much data can you afford to lose?",
    loss_words: "If the database is lost, so is everything since the last backup. The dashboard measures your backups \
        against this limit. Until a schedule is set (auto_backup in the configuration file), backups start only when you start them.",
    hour: "1 hour",
    hour_words: "Orders, bookings, payments",
    four_hours: "4 hours",
    four_hours_words: "Work that can be entered again",
    one_day: "1 day",
    one_day_words: "Data that rarely changes",
    loss_note: "You can change this later in Settings.",
    key: "This key opens your backups",
    key_words: "Without it, no one can open them, including you. Keep a copy where you can find it in an emergency: on paper \
        in a safe, or in a password manager.",
    key_there: "You already have a key",
    key_there_words: "It encrypts the backups of this profile, too. Keep your copy of it safe.",
    key_id: |id| format!("Key {id}"),
    no_keychain: "Two ways to continue:",
    no_keychain_open: "Start and unlock the keychain of your desktop (GNOME Keyring, KWallet, KeePassXC), then try again.",
    no_keychain_variable: "Or create a key in a terminal with this command, keep a copy of it, and start Aitta with the key in its environment, as the operations manual shows.",
    first: "Ready for the first backup",
    first_words: "Aitta reads the database, encrypts it, writes it, and reads all of it back.",
    make_backup: "Create the first backup",
    saving: "Saving the profile…",
    not_saved: "Nothing is set up yet: the database or the store didn't pass the test.",
    saved_not_backed_up: "The profile is saved, but the backup failed:",
    verified: "Your first backup is verified",
    verified_words: |tables, rows| {
        format!("{tables} with {rows}: encrypted, stored, and read back to the last byte.")
    },
    read_back: |n| format!("{} frames checked", crate::plain::number(n)),
    to_dashboard: "Go to the dashboard",
    without_backup: "Continue without a backup",
    size: "Size",
    took: "Duration",
    place: "Location",
};
