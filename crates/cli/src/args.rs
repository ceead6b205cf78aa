//! The command line as clap sees it.

use clap::{Parser, Subcommand};

use crate::commands::{
    agent, archive, audit, backup, catalog, checklist, completions, config, demo, hooks, key, man, mfa,
    notify, recover, restore, runs, schedule, store,
};
use crate::options::Global;

/// Exit codes, at the end of the help and in the manual page. The codes themselves are in
/// `aitta_model::ErrorCode::exit_code`.
const AFTER_HELP: &str = "\
Exit codes:
  0    done, and what was promised was checked
  1    the machine or the catalog failed
  2    the command line is wrong
  3    the configuration or a table name is wrong
  4    the encryption key is missing, wrong or no key
  5    an archive was not found, or is damaged
  6    the store is missing, full, out of reach, or refuses access
  7    the database or its tools failed
  8    the target of a restore cannot take it
  9    another run of the same profile is under way
  10   the second factor or the reason is missing, wrong, locked or out of reach
  11   the audit trail cannot be written, or is not as it was written
  130  stopped by the user

Environment:
  DATABASE_URL           postgres://user@host/database or sqlite:/path/file.db
  BACKUP_ENCRYPTION_KEY  32 bytes as 64 hexadecimal digits, see `aitta key generate`
  BACKUP_RETIRED_KEYS    keys before it, with commas in between, which open old archives only
  AITTA_KEY_FILE         a file for the keys, in place of the keychain, sealed by a passphrase
  AITTA_KEY_PASSPHRASE   its passphrase; asked for on a terminal where it is not set
  BACKUP_STORAGE_TYPE    local, s3 or azure
  BACKUP_LOCAL_DIR       local: folder of the archives; ./backups
  S3_BACKUP_BUCKET       s3: bucket of the archives
  AWS_REGION             s3: its region; eu-north-1
  AWS_ACCESS_KEY_ID      s3: with AWS_SECRET_ACCESS_KEY; without them profiles, SSO and roles count
  S3_PATH_STYLE          s3: true for servers that want the bucket in the path
  S3_CHECKSUMS           s3: when-required for servers that refuse the newer checksums
  S3_ENCRYPTION          s3: sse-s3, or sse-kms: with the id of a key
  S3_STORAGE_CLASS       s3: such as STANDARD_IA
  AZURE_STORAGE_ACCOUNT  azure: the storage account
  AZURE_CONTAINER        azure: the container
  AZURE_STORAGE_KEY      azure: or AZURE_STORAGE_SAS_TOKEN, or AZURE_STORAGE_CONNECTION_STRING
  AZURE_TIER             azure: Hot, Cool or Cold
  BACKUP_STORE_PREFIX    s3, azure: folder of the archives
  BACKUP_STORE_ENDPOINT  s3, azure: address of a server that is not AWS or Azure
  BACKUP_PLAIN_HTTP      s3, azure: true for such a server without TLS in a network that you trust
  BACKUP_STORE_LOCATION  s3, azure: EU, when you know that such a server stands there
  BACKUP_STORE_QUOTA_GB  how many GB may be used
  BACKUP_LIMIT_RATE      bytes a second that may be sent and read, such as 20M
  BACKUP_RESIDENCY       EU: no store outside the European Union
  BACKUP_RETENTION_DAYS  30
  ENABLE_AUTO_BACKUP     true: `aitta agent run` and the window make backups by the schedule
  BACKUP_SCHEDULE        when, as cron has it: minute hour day month weekday; 0 2 * * *
  BACKUP_PRUNE_SCHEDULE  when old archives go by rule, or off; also BACKUP_VERIFY_SCHEDULE,
                         BACKUP_TRAIL_SCHEDULE: when archives and audit trail are checked
  BACKUP_TIME_ZONE       in which time zone, such as Europe/Helsinki; UTC
  BACKUP_KEEP_DAILY      days of which the newest verified archive stays beyond that; BACKUP_KEEP_WEEKLY,
                         BACKUP_KEEP_MONTHLY, BACKUP_KEEP_YEARLY; 0
  BACKUP_PRUNE_PERCENT   share of the archives that may go within a day without a question; 30
  BACKUP_WEBHOOK_URL     is told everything as JSON, signed with BACKUP_WEBHOOK_SECRET (whsec_…)
  BACKUP_SLACK_URL       incoming webhook of a chat: told what is no routine; BACKUP_TEAMS_URL
  BACKUP_MAIL_URL        smtps://user:password@host?from=address&to=address: told what is no routine
  BACKUP_PING_URL        dead man's switch: told each start and end of a backup
  BACKUP_RPO_MINUTES     work that may be lost at most; 60
  BACKUP_RTO_MINUTES     time that a recovery may take at most; 30
  BACKUP_BASELINE_SECONDS  time that a backup should take at most; 300
  BACKUP_STORAGE_ALERT_PERCENT  share of the disk in use above which it is time to act; 80
  BACKUP_KEY_DAYS        days after which the key is to be changed; 90
  BACKUP_TABLE_LOSS_PERCENT  share of lost rows above which a table is asked about; 20
  BACKUP_TABLE_LOSS_IGNORE  tables that are emptied by rule, with commas in between: not asked about
  AITTA_CONFIG           the configuration file
  AITTA_DATA_DIR         folder of the catalog
  AITTA_ADMIN            your name, for the audit trail
  AITTA_MFA              required: refuse what is guarded until a second factor is set up
  AITTA_MFA_TOKEN        token that stands in for the second factor, see `aitta mfa exception`
  AITTA_LOG              what is logged to stderr, such as info or aitta=debug

The environment wins over the file; a profile chosen with --profile wins over both.";

/// Encrypted, proven backups of PostgreSQL and SQLite databases.
#[derive(Parser)]
#[command(name = "aitta", version, max_term_width = 100, after_help = AFTER_HELP, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make, list, check, restore and delete archives
    #[command(subcommand)]
    Backup(backup::Command),
    /// What lies in the store under the name of an archive, and is none of yours
    #[command(subcommand)]
    Archive(archive::Command),
    /// Prove backups by restores, and clean up what restores leave behind
    #[command(subcommand)]
    Restore(restore::Command),
    /// Get back to work after an incident, step by step: stop, emergency backup, restore, proof, start
    #[command(long_about = recover::ABOUT)]
    Recover(recover::Arguments),
    /// List all runs, newest first, the failed ones too
    Runs(runs::Arguments),
    /// Scheduled backups: what is due, and what has become of it
    #[command(subcommand)]
    Schedule(schedule::Command),
    /// Who is told when something happens, and whether it has arrived
    #[command(subcommand)]
    Notify(notify::Command),
    /// What is looked at each day, week, month and quarter, and who or what has done so
    Checklist(checklist::Arguments),
    /// Start due backups in the background
    #[command(subcommand)]
    Agent(agent::Command),
    /// Programs around backups and restores, such as those that stop the application and start it again
    #[command(subcommand)]
    Hooks(hooks::Command),
    /// Whom to call when something is wrong
    Contacts,
    /// Who did what, when and why; and whether that can be trusted
    #[command(subcommand)]
    Audit(audit::Command),
    /// Encryption keys and their recovery kits
    #[command(subcommand)]
    Key(key::Command),
    /// The second factor: an authenticator, recovery codes, exceptions for machines
    #[command(subcommand)]
    Mfa(mfa::Command),
    /// Aitta's own memory of runs and archives
    #[command(subcommand)]
    Catalog(catalog::Command),
    /// Where archives lie: check it, clean it up, log in
    #[command(subcommand)]
    Store(store::Command),
    /// The configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Look whether everything is there that a restore will need, with what helps
    Doctor,
    /// Show all of it on a sample database: backup, damage, restore, proof
    Demo(demo::Arguments),
    /// Print the completions of a shell
    Completions(completions::Arguments),
    /// Print the manual page
    Man(man::Arguments),
}
