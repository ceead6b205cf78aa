//! What the shell remembers while it runs.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aitta_engine::config::{self, DEFAULT_PROFILE, Inputs};
use aitta_engine::{Clock, Context, Patience, SystemClock, overview, runs};
use aitta_model::{Course, ErrorCode, Failure, Operation, Origin, ProgressEvent, Session, Underway, Word};
use tauri::ipc::Channel;
use tokio_util::sync::CancellationToken;

use crate::last::LastProfile;
use crate::progress::ToPage;

/// The error of a command; the page shows code, message and hint where the action was.
pub(crate) type Answer<T> = Result<T, Failure>;

/// The one state of the app.
pub struct AppState {
    inputs: Mutex<Inputs>,
    /// The profile that is shown, once it has been opened.
    active: tokio::sync::Mutex<Option<Context>>,
    /// What is under way, by the number that the page has given it.
    operations: Mutex<HashMap<u32, Ours>>,
    last: LastProfile,
    /// Stops the comparison that a preview has begun last.
    comparison: Mutex<Option<CancellationToken>>,
}

impl AppState {
    /// With a configuration that is read when it is first needed.
    #[must_use]
    pub fn new(inputs: Inputs) -> Self {
        Self {
            inputs: Mutex::new(inputs),
            active: tokio::sync::Mutex::default(),
            operations: Mutex::default(),
            last: LastProfile::default(),
            comparison: Mutex::default(),
        }
    }

    /// Keeps in this file which profile was chosen last, and begins with that one.
    pub(crate) fn remember_in(&self, file: PathBuf) {
        self.last.keep_in(file);
    }

    pub(crate) fn inputs(&self) -> MutexGuard<'_, Inputs> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The context of the profile that is shown.
    pub(crate) async fn context(&self) -> Answer<Context> {
        let mut active = self.active.lock().await;
        if let Some(context) = active.as_ref() {
            let context = context.clone().stopped_by(CancellationToken::new());
            return Ok(Context { origin: Origin::Window, ..context });
        }
        let profile = self.profile()?;
        let mut context = Context::new(profile).await.map_err(|e| e.failure())?;
        context.origin = Origin::Window;
        *active = Some(context.clone());
        Ok(context)
    }

    /// The same, if it has been opened before: what looks at it all the time must not open it, which reads the
    /// configuration and may ask the keychain.
    pub(crate) async fn opened(&self) -> Option<Context> {
        self.active.lock().await.clone()
    }

    /// With the other profiles, whose archives may need the same keys.
    pub(crate) fn with_neighbours(&self, context: Context) -> Answer<Context> {
        let inputs = self.inputs().clone();
        let others = config::profiles(&inputs).into_iter().filter(|name| *name != context.profile.name);
        let load = |name| config::load(&Inputs { profile: Some(name), ..inputs.clone() });
        let neighbours = others.map(load).collect::<Result<Vec<_>, _>>().map_err(|e| e.failure())?;
        Ok(Context { neighbours: Arc::new(neighbours), ..context })
    }

    /// The profile that counts. A window has no command line to name one: it begins with the one that was chosen last,
    /// as long as that is there, and else, without one of the name `default`, with the first.
    fn profile(&self) -> Answer<config::Profile> {
        let mut inputs = self.inputs();
        if inputs.profile.is_none() {
            // The default one is not named, so that for it the environment counts.
            let last = self.last.name().filter(|name| name != DEFAULT_PROFILE);
            inputs.profile = last.filter(|name| config::profiles(&inputs).contains(name));
        }
        config::load(&inputs)
            .or_else(|error| match config::profiles(&inputs).into_iter().next() {
                Some(first) if inputs.profile.is_none() => {
                    let chosen = Inputs { profile: Some(first), ..inputs.clone() };
                    let profile = config::load(&chosen)?;
                    *inputs = chosen;
                    Ok(profile)
                }
                _ => Err(error),
            })
            .map_err(|e| e.failure())
    }

    /// Shows another profile than the configured one: the sample, or that of a test.
    pub async fn show(&self, context: Context) {
        *self.active.lock().await = Some(context);
    }

    /// Reads the configuration anew when it is next needed, with this profile.
    pub(crate) async fn choose(&self, profile: Option<String>) {
        let mut active = self.active.lock().await;
        let mut inputs = self.inputs();
        inputs.profile = profile;
        // One that can't be opened must not be what the next start meets first.
        if let Some(name) = inputs.profile.as_deref()
            && config::load(&inputs).is_ok()
        {
            self.last.note(name);
        }
        *active = None;
    }

    /// What a window starts from. A wrong configuration is in the answer, and no error.
    pub(crate) async fn session(&self) -> Session {
        let profiles = config::profiles(&self.inputs());
        let (mut active, mut failure, mut pulse) = (None, None, None);
        match self.context().await {
            // One that is written down is shown, also while its database is lost; a store that only the environment names
            // is not.
            Ok(context)
                if context.profile.database_url.is_none() && !profiles.contains(&context.profile.name) => {}
            Ok(context) => {
                pulse = runs::pulse(&context).await.ok();
                active = Some(overview::profile(&context));
            }
            Err(error) => failure = Some(error),
        }
        Session { version: env!("CARGO_PKG_VERSION").to_owned(), active, profiles, failure, pulse }
    }

    /// The folder of the app's own data.
    pub(crate) fn data_dir(&self) -> Answer<PathBuf> {
        config::data_dir(&self.inputs()).map_err(|e| e.failure())
    }

    /// Enters an operation of this context, so that it is shown on every page and can be stopped.
    ///
    /// # Errors
    /// `run_in_progress` when one of this number is under way.
    pub(crate) fn begin(&self, number: u32, operation: Operation, context: &Context) -> Answer<Working<'_>> {
        self.enter(number, Ours::of(operation, context), context.clock.clone())
    }

    /// Enters a restore that is made for a proof alone.
    ///
    /// # Errors
    /// As [`AppState::begin`].
    pub(crate) fn begin_proof(&self, number: u32, context: &Context) -> Answer<Working<'_>> {
        let ours = Ours { proof: true, ..Ours::of(Operation::Restore, context) };
        self.enter(number, ours, context.clock.clone())
    }

    /// Enters the making of sample data, which has no profile yet.
    ///
    /// # Errors
    /// As [`AppState::begin`].
    pub(crate) fn begin_sample(&self, number: u32, cancel: CancellationToken) -> Answer<Working<'_>> {
        let clock = Arc::new(SystemClock);
        let ours = Ours {
            profile: String::new(),
            operation: None,
            proof: false,
            cancel,
            patience: Patience::default(),
            course: Ours::course(clock.as_ref()),
        };
        self.enter(number, ours, clock)
    }

    fn enter(&self, number: u32, ours: Ours, clock: Arc<dyn Clock>) -> Answer<Working<'_>> {
        let course = ours.course.clone();
        let mut running = self.running();
        if running.contains_key(&number) {
            return Err(Failure {
                code: ErrorCode::RunInProgress,
                message: format!("the operation {number} of this window is under way already"),
                hint: "wait until it has ended, and begin again".to_owned(),
            });
        }
        running.insert(number, ours);
        drop(running);
        Ok(Working { state: self, number, course, clock })
    }

    /// From now on this comparison counts, or none: the one before ends.
    pub(crate) fn compare(&self, cancel: Option<CancellationToken>) {
        let mut comparison = self.comparison.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut *comparison, cancel) {
            before.cancel();
        }
    }

    pub(crate) fn cancel(&self, number: u32) -> Answer<()> {
        self.ours(number, |ours| ours.cancel.cancel())
    }

    /// Does something with an operation that is under way.
    pub(crate) fn ours(&self, number: u32, what: impl FnOnce(&Ours)) -> Answer<()> {
        match self.running().get(&number) {
            Some(ours) => {
                what(ours);
                Ok(())
            }
            None => Err(Failure {
                code: ErrorCode::Cancelled,
                message: "this operation has already ended".to_owned(),
                hint: "the list of runs shows how it ended".to_owned(),
            }),
        }
    }

    /// What is under way in this program, of this profile, in no order.
    pub(crate) fn underway(&self, profile: &str) -> Vec<Underway> {
        let running = self.running();
        let of_profile =
            running.iter().filter(|(_, ours)| ours.profile == profile || ours.operation.is_none());
        let underway = |(number, ours): (&u32, &Ours)| Underway {
            number: Some(*number),
            operation: ours.operation.map(Word::Known),
            proof: ours.proof,
            course: ours.course.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        of_profile.map(underway).collect()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<u32, Ours>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An operation that this program has begun.
pub(crate) struct Ours {
    profile: String,
    operation: Option<Operation>,
    /// Whether it restores for a proof alone.
    proof: bool,
    pub(crate) cancel: CancellationToken,
    pub(crate) patience: Patience,
    course: Arc<Mutex<Course>>,
}

impl Ours {
    fn of(operation: Operation, context: &Context) -> Self {
        Self {
            profile: context.profile.name.clone(),
            operation: Some(operation),
            proof: false,
            cancel: context.cancel.clone(),
            patience: context.patience.clone(),
            course: Self::course(context.clock.as_ref()),
        }
    }

    fn course(clock: &dyn Clock) -> Arc<Mutex<Course>> {
        Arc::new(Mutex::new(Course::new(clock.now().as_millisecond())))
    }
}

/// An operation that is under way; forgotten when this is dropped.
pub(crate) struct Working<'a> {
    state: &'a AppState,
    number: u32,
    course: Arc<Mutex<Course>>,
    clock: Arc<dyn Clock>,
}

impl Working<'_> {
    /// What sends its progress to the page, and notes it for a page that is loaded anew.
    pub(crate) fn progress(&self, channel: Channel<ProgressEvent>) -> ToPage {
        ToPage::new(channel, self.course.clone(), self.clock.clone())
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.state.running().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    const THREE: &str = "[profile.default]\ndatabase = \"sqlite:/a.db\"\n[profile.mill]\ndatabase = \"sqlite:/m.db\"\n\
        [profile.shop]\ndatabase = \"sqlite:/s.db\"\n";

    /// A start of the program with this configuration.
    fn started(dir: &Path, config: &str, profile: Option<&str>) -> AppState {
        let file = dir.join("aitta.toml");
        std::fs::write(&file, config).unwrap();
        let environment = BTreeMap::from([("AITTA_DATA_DIR".to_owned(), dir.join("data").into_os_string())]);
        let state = AppState::new(Inputs {
            profile: profile.map(str::to_owned),
            file: Some(file),
            environment,
            folder: dir.to_owned(),
            keychain: Arc::new(aitta_engine::keys::NoKeychain),
        });
        state.remember_in(dir.join("desktop/last-profile"));
        state
    }

    fn shown(state: &AppState) -> String {
        state.profile().unwrap().name
    }

    #[tokio::test]
    async fn the_next_start_shows_the_profile_that_was_chosen_last() {
        let dir = tempfile::tempdir().unwrap();
        let state = started(dir.path(), THREE, None);
        assert_eq!(shown(&state), "default");
        state.choose(Some("shop".to_owned())).await;
        assert_eq!(shown(&started(dir.path(), THREE, None)), "shop");
        // Who names one means it, for this once.
        let named = started(dir.path(), THREE, Some("mill"));
        assert_eq!(shown(&named), "mill");
        assert_eq!(shown(&started(dir.path(), THREE, None)), "shop");
        state.choose(Some("default".to_owned())).await;
        assert_eq!(shown(&started(dir.path(), THREE, None)), "default");
    }

    #[tokio::test]
    async fn a_remembered_profile_that_is_gone_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        started(dir.path(), THREE, None).choose(Some("shop".to_owned())).await;
        let without = &THREE[..THREE.find("[profile.shop]").unwrap()];
        assert_eq!(shown(&started(dir.path(), without, None)), "default");
        assert_eq!(
            shown(&started(dir.path(), "[profile.mill]\ndatabase = \"sqlite:/m.db\"\n", None)),
            "mill"
        );
    }

    #[tokio::test]
    async fn a_profile_that_can_not_be_opened_is_not_what_the_next_start_meets() {
        let dir = tempfile::tempdir().unwrap();
        let wrong = format!("{THREE}[profile.old]\nretention_days = 0\n");
        let state = started(dir.path(), &wrong, None);
        state.choose(Some("mill".to_owned())).await;
        state.choose(Some("old".to_owned())).await;
        assert!(state.profile().is_err(), "and the window says why");
        assert_eq!(shown(&started(dir.path(), &wrong, None)), "mill");
    }
}
