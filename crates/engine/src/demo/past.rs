//! A past for the demonstration: real backups of a sample database that grows, made one day after the
//! other under a clock that is moved. Everything is real: even the failures have a real cause.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aitta_keys::{self as keys, KeyInputs, KeyRing};
use aitta_model::{
    ArchiveSelector, BackupKind, BackupRequest, DatabaseUrl, ErrorCode, History, RestoreRequest, Targets,
    Timestamp,
};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio_util::sync::CancellationToken;

use crate::config::Profile;
use crate::selftest::restored;
use crate::{Clock, Context, Error, Result, Silent, SystemClock, backup, history, sample};

/// The file by which a folder is known as one that may be made anew.
pub(crate) const MARK: &str = "SAMPLE.txt";

/// Name of the sample's profile.
const PROFILE: &str = "sample";

/// Its backups are made once a day.
const RPO_MINUTES: u64 = 26 * 60;

const DATABASE: &str = "carwash-sample.db";

const CONFIGURATION: &str = "config.toml";

const WARNING: &str = "Sample data, made by `aitta demo --history`. Nothing in this folder is real, and the \
    next demonstration makes it anew.\n";

/// The most days; more would take long and show nothing new.
const MOST_DAYS: u32 = 366;

/// A past that was made.
pub struct Past {
    /// Where database, store and catalog lie.
    pub folder: PathBuf,
    /// What happened.
    pub history: History,
    /// The sample's profile with its key, in the present.
    pub context: Context,
}

/// Makes `days` days of backups that end at `now`, in `folder`.
///
/// # Errors
/// `config_invalid` for a number of days out of range, and for a folder that holds something else than
/// sample data; `system`; those of operations that are not meant to fail.
pub async fn make(folder: &Path, days: u32, now: Timestamp, cancel: CancellationToken) -> Result<Past> {
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Error::new(
            ErrorCode::ConfigInvalid,
            format!("a history of {days} days can't be made"),
            format!("take 1 to {MOST_DAYS} days, such as --history 90d"),
        ));
    }
    prepare(folder)?;
    let database = folder.join(DATABASE);
    sample::create(&database).await?;
    let key = keys::generate()?;
    describe(folder, &key.key)?;
    let url = DatabaseUrl::new(format!("sqlite:{}", database.display()));
    let profile = Profile {
        targets: Targets { rpo_s: RPO_MINUTES * 60, ..Targets::default() },
        ..Profile::local(PROFILE, Some(url), folder.join("store"), folder.join("data"))
    };
    // The last of the nights is that of today, or of yesterday before two o'clock.
    let today = now.to_zoned(TimeZone::UTC).date().at(2, 0, 0, 0).to_zoned(TimeZone::UTC);
    let last = today.map_or(now, |night| night.timestamp());
    let last = if last > now { last - 24.hours() } else { last };
    let clock = PastClock::at(last);
    let mut context = Context::new(profile).await?.stopped_by(cancel);
    // The user's own data is left alone, so everything can be tried.
    context.vault = Arc::new(KeyRing::from_hex(&key.key)?.in_memory()?);
    context.key_inputs = Arc::new(KeyInputs::default());
    context.clock = Arc::new(clock.clone());
    let scene = Scene { context, clock, folder: folder.to_owned(), database };
    for day in 1..=days {
        let night = last - (24 * i64::from(days - day)).hours();
        // Told from the end: so the last weeks look the same however long the past is.
        scene.day(night, i64::from(days - day)).await?;
    }
    let from = last - (24 * i64::from(days - 1)).hours();
    let history = history::history(&scene.context, from, now).await?;
    let profile = scene.context.profile.as_ref().clone();
    let present = Context { cancel: CancellationToken::new(), ..scene.context }.at(profile);
    let present = Context { clock: Arc::new(SystemClock), ..present };
    Ok(Past { folder: folder.to_owned(), history, context: present })
}

fn prepare(folder: &Path) -> Result<()> {
    let failed = |e: std::io::Error| system(folder, &e);
    if folder.exists() {
        let empty = fs::read_dir(folder).map_err(failed)?.next().is_none();
        if !empty && !folder.join(MARK).is_file() {
            return Err(Error::new(
                ErrorCode::ConfigInvalid,
                format!("{} holds something else than sample data", folder.display()),
                "name a folder that is empty or doesn't exist yet",
            ));
        }
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder.join("store")).map_err(failed)?;
    fs::write(folder.join(MARK), WARNING).map_err(failed)
}

/// Writes down how the sample is used. Its key protects nothing that is real.
fn describe(folder: &Path, key: &str) -> Result<()> {
    let quoted = |path: PathBuf| format!("'{}'", path.display().to_string().replace('\'', "'\\''"));
    let url = toml::Value::String(format!("sqlite:{}", folder.join(DATABASE).display()));
    let profile = format!(
        "# Sample data. Nothing here is real.\n\n[profile.{PROFILE}]\ndatabase = {url}\n\
         store = {{ type = \"local\", dir = \"store\" }}\n\
         # Its backups are made once a day.\nrpo_minutes = {RPO_MINUTES}\n"
    );
    let environment = format!(
        "# Sample data: `. env` in a shell, then `aitta backup list` and all else work on it.\n\
         unset DATABASE_URL BACKUP_LOCAL_DIR\n\
         export AITTA_CONFIG={}\nexport AITTA_PROFILE={PROFILE}\nexport AITTA_DATA_DIR={}\n\
         export BACKUP_ENCRYPTION_KEY={key}\n",
        quoted(folder.join(CONFIGURATION)),
        quoted(folder.join("data")),
    );
    // Made for this user alone from the start, as every file that holds a key.
    let write = |name: &str, text: &str| {
        let mut file = tempfile::Builder::new().prefix(name).tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(folder.join(name)).map_err(|e| e.error)
    };
    let written = write(CONFIGURATION, &profile).and_then(|_| write("env", &environment));
    written.map(drop).map_err(|e: std::io::Error| system(folder, &e))
}

fn system(path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorCode::System,
        format!("{} can't be used: {error}", path.display()),
        "name another folder with --folder",
    )
}

/// A clock that goes on from when it was set, so that each run takes its time. Clones show the same time.
#[derive(Clone)]
struct PastClock(Arc<Mutex<(Timestamp, Instant)>>);

impl PastClock {
    fn at(time: Timestamp) -> Self {
        Self(Arc::new(Mutex::new((time, Instant::now()))))
    }

    fn set(&self, time: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (time, Instant::now());
    }
}

impl Clock for PastClock {
    fn now(&self) -> Timestamp {
        let (time, set) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        time.checked_add(set.elapsed()).unwrap_or(time)
    }
}

/// What the days happen to.
struct Scene {
    context: Context,
    clock: PastClock,
    folder: PathBuf,
    database: PathBuf,
}

impl Scene {
    /// One day, so many before the last: customers book, and at night there is a backup.
    async fn day(&self, night: Timestamp, before_last: i64) -> Result<()> {
        // More on some weekdays than on others.
        let bookings = 35 + 9 * (before_last % 7);
        self.execute(&format!(
            "INSERT INTO \"Booking\" (\"userId\", \"serviceId\", \"timeSlotId\", \"plate\", \"status\", \
             \"priceCents\", \"note\", \"createdAt\") SELECT \"userId\", \"serviceId\", \"timeSlotId\", \"plate\", \
             'vahvistettu', \"priceCents\", 'päivän {before_last} varaus', \"createdAt\" FROM \"Booking\" \
             ORDER BY (\"id\" * 7919 + {before_last}) % 10007 LIMIT {bookings}"
        ))
        .await?;
        match before_last {
            67 => self.without_store(night).await?,
            39 => self.while_locked(night).await?,
            16 => {
                // A script that was to clean up test bookings, without its WHERE.
                self.execute("DELETE FROM \"Booking\" WHERE \"id\" % 100 < 61").await?;
                self.backup(night).await?;
                self.clock.set(night + 6.hours());
                let table = RestoreRequest {
                    archive: ArchiveSelector::Before(night - 1.hour()),
                    tables: vec!["Booking".to_owned(), "EmailNotification".to_owned()],
                    reason: Some("incident: bookings were deleted by a script".to_owned()),
                    ..RestoreRequest::default()
                };
                restored(&self.context, table).await?;
            }
            _ => self.backup(night).await?,
        }
        if before_last % 7 == 3 {
            self.test_restore(night + 30.minutes()).await?;
        }
        Ok(())
    }

    async fn backup(&self, at: Timestamp) -> Result<()> {
        self.clock.set(at);
        self.backup_within(30).await
    }

    async fn backup_within(&self, lock_timeout_s: u64) -> Result<()> {
        let request = BackupRequest {
            kind: BackupKind::Manual,
            reason: Some("routine: sample".to_owned()),
            lock_timeout_s: Some(lock_timeout_s),
            ..BackupRequest::default()
        };
        backup::create(&self.context, request, &Silent).await.map(drop)
    }

    /// The disk of the store was not mounted; an hour later it is.
    async fn without_store(&self, at: Timestamp) -> Result<()> {
        let (store, away) = (self.folder.join("store"), self.folder.join("unmounted"));
        fs::rename(&store, &away).map_err(|e| system(&store, &e))?;
        self.clock.set(at);
        let failed = self.backup_within(30).await;
        fs::rename(&away, &store).map_err(|e| system(&store, &e))?;
        expect(failed, ErrorCode::StoreMissing)?;
        self.backup(at + 1.hour()).await
    }

    /// A migration held the database; an hour later it was done.
    async fn while_locked(&self, at: Timestamp) -> Result<()> {
        let mut migration = self.connect().await.map_err(sample_failed)?;
        sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut migration).await.map_err(sample_failed)?;
        self.clock.set(at);
        let failed = self.backup_within(0).await;
        sqlx::raw_sql("ROLLBACK").execute(&mut migration).await.map_err(sample_failed)?;
        migration.close().await.map_err(sample_failed)?;
        expect(failed, ErrorCode::LockTimeout)?;
        self.backup(at + 1.hour()).await
    }

    /// Restores everything into a file of its own, which is proven and then removed.
    async fn test_restore(&self, at: Timestamp) -> Result<()> {
        self.clock.set(at);
        let file = self.folder.join("test-restore.db");
        let request = RestoreRequest {
            to: Some(DatabaseUrl::new(format!("sqlite:{}", file.display()))),
            reason: Some("drill: test restore".to_owned()),
            ..RestoreRequest::default()
        };
        restored(&self.context, request).await?;
        fs::remove_file(&file).map_err(|e| system(&file, &e))
    }

    async fn execute(&self, sql: &str) -> Result<()> {
        let run = async {
            let mut connection = self.connect().await?;
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
            connection.close().await
        };
        run.await.map_err(sample_failed)
    }

    async fn connect(&self) -> std::result::Result<SqliteConnection, sqlx::Error> {
        SqliteConnectOptions::new().filename(&self.database).foreign_keys(false).connect().await
    }
}

/// A run that was meant to fail, and how.
fn expect(result: Result<()>, code: ErrorCode) -> Result<()> {
    match result {
        Err(error) if error.code() == code => Ok(()),
        Err(error) => Err(error),
        Ok(()) => Err(Error::new(
            ErrorCode::ProofFailed,
            format!("a backup succeeded that had to end with {}", code.as_str()),
            "don't rely on this build; report the message",
        )),
    }
}

fn sample_failed(error: sqlx::Error) -> Error {
    Error::new(
        ErrorCode::SourceFailed,
        format!("the sample database failed: {error}"),
        "name another folder with --folder",
    )
    .with_source(error)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aitta_model::{Operation, RunSummary};

    use super::*;

    #[tokio::test]
    async fn a_past_has_failures_a_lost_table_and_proven_restores() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("sample");
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let past = make(&folder, 70, now, CancellationToken::new()).await.unwrap();
        let History { days, backups, failures, restores, .. } = past.history;
        assert_eq!((days.len(), backups.len()), (70, 70));
        assert_eq!(days.iter().map(|d| d.failed).sum::<u32>(), 2);
        assert_eq!(
            failures.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(),
            ["store_missing", "lock_timeout"]
        );
        let anomalies: Vec<&str> = backups.iter().filter_map(|b| b.anomaly.as_deref()).collect();
        assert_eq!(anomalies.len(), 1, "{anomalies:?}");
        assert!(anomalies[0].contains("smaller than usual: Booking lost"), "{anomalies:?}");
        let runs = crate::runs::list(&past.context, 200).await.unwrap();
        let took = |run: &RunSummary| run.ended.unwrap().duration_since(run.started);
        let backed_up = runs.iter().filter(|run| run.operation == Operation::Backup && run.failure.is_none());
        assert!(backed_up.map(took).all(|took| took.as_millis() > 0), "no backup takes no time");
        assert_eq!(restores.len(), 10, "that of two tables proves no recovery");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(folder.join("env")).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // Again, in the same place; but nowhere else.
        make(&folder, 1, now, CancellationToken::new()).await.unwrap();
        let error = make(dir.path(), 1, now, CancellationToken::new()).await.err().unwrap();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        let error = make(&folder, 0, now, CancellationToken::new()).await.err().unwrap();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
    }
}
