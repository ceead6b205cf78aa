//! Runs of every process, as they begin and end: the page hears of them, and the tray shows what has become of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aitta_engine::{Context, notify, runs};
use aitta_model::Pulse;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, Runtime};
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

use crate::state::AppState;
use crate::tray;

/// How often the catalog is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often the tray is refreshed where no run ends: a backup gets too old by itself.
const TRAY: Duration = Duration::from_secs(60);

/// How long receivers of notices are waited for.
const DELIVERY: Duration = Duration::from_secs(60);

/// The page that listens.
#[derive(Default)]
pub(crate) struct Page(Mutex<Option<Channel<Pulse>>>);

impl Page {
    /// From now on this one, and no earlier one.
    pub(crate) fn listens(&self, channel: Channel<Pulse>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel);
    }

    fn tell(&self, pulse: Pulse) {
        let page = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Without a page nobody has to know.
        let Some(channel) = page.as_ref() else { return };
        if let Err(error) = channel.send(pulse) {
            tracing::debug!("the page takes no pulse: {error}");
        }
    }
}

/// What was seen last, and of which profile.
#[derive(Default)]
struct Watch(Option<(String, Pulse)>);

impl Watch {
    /// The pulse of this profile, if it is another than the last time.
    async fn look(&mut self, context: &Context) -> Option<Pulse> {
        let pulse = match runs::pulse(context).await {
            Ok(pulse) => pulse,
            Err(error) => {
                tracing::debug!(%error, "the catalog has no pulse");
                return None;
            }
        };
        let seen = Some((context.profile.name.clone(), pulse));
        if self.0 == seen {
            return None;
        }
        self.0 = seen;
        Some(pulse)
    }
}

/// Looks as long as the program runs.
pub(crate) fn watch<R: Runtime>(app: &AppHandle<R>) {
    let changed = Arc::new(Notify::new());
    tauri::async_runtime::spawn(look(app.clone(), changed.clone()));
    tauri::async_runtime::spawn(show(app.clone(), changed));
}

async fn look<R: Runtime>(app: AppHandle<R>, changed: Arc<Notify>) {
    let mut seconds = tokio::time::interval(LOOK);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watch = Watch::default();
    loop {
        seconds.tick().await;
        let Some(context) = app.state::<AppState>().opened().await else { continue };
        let is_first = watch.0.is_none();
        if let Some(pulse) = watch.look(&context).await {
            app.state::<Page>().tell(pulse);
            // What is under way stands in the tray until it ends. What is seen first needs no refresh: the page asks for
            // it by itself.
            if pulse.running == 0 && !is_first {
                changed.notify_one();
            }
        }
    }
}

/// Apart from [`look`], because a store may take its time to answer.
async fn show<R: Runtime>(app: AppHandle<R>, changed: Arc<Notify>) {
    loop {
        // Whether it has changed or time is up: the tray is drawn anew.
        drop(tokio::time::timeout(TRAY, changed.notified()).await);
        let Some(context) = app.state::<AppState>().opened().await else { continue };
        tray::refresh(&app).await;
        if let Err(error) = notify::deliver_within(&context, DELIVERY).await {
            tracing::warn!(%error, "notices could not be delivered");
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aitta_engine::config::Profile;
    use aitta_engine::keys::{KeyRing, MemoryVault};
    use aitta_engine::{Silent, backup, sample};
    use aitta_model::{BackupRequest, DatabaseUrl};
    use aitta_testing::KEY;

    use super::*;

    fn channel(told: &Arc<Mutex<Vec<String>>>) -> Channel<Pulse> {
        let told = told.clone();
        Channel::new(move |body| {
            told.lock().unwrap().push(format!("{body:?}"));
            Ok(())
        })
    }

    #[test]
    fn a_page_that_was_loaded_anew_is_the_one_that_is_told() {
        let page = Page::default();
        let [earlier, later] = [(); 2].map(|()| Arc::new(Mutex::new(Vec::new())));
        page.tell(Pulse { newest: 1, running: 0 });
        page.listens(channel(&earlier));
        page.tell(Pulse { newest: 2, running: 1 });
        page.listens(channel(&later));
        page.tell(Pulse { newest: 2, running: 0 });
        assert_eq!((earlier.lock().unwrap().len(), later.lock().unwrap().len()), (1, 1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_backup_of_another_process_is_seen_and_a_quiet_second_is_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("shop.db");
        sample::create(&database).await.unwrap();
        let profile = Profile {
            database_url: Some(DatabaseUrl::new(format!("sqlite:{}", database.display()))),
            ..aitta_testing::profile(dir.path())
        };
        let shown = Context::new(profile.clone()).await.unwrap();
        let mut watch = Watch::default();
        assert_eq!(watch.look(&shown).await, Some(Pulse { newest: 0, running: 0 }));
        assert_eq!(watch.look(&shown).await, None);
        // A context of its own, as another process has it.
        let mut other = Context::new(profile).await.unwrap();
        other.key_ring = Some(Arc::new(KeyRing::from_hex(KEY).unwrap()));
        other.vault = Arc::new(MemoryVault::default());
        backup::create(&other, BackupRequest::default(), &Silent).await.unwrap();
        let pulse = watch.look(&shown).await.unwrap();
        assert!(pulse.newest > 0 && pulse.running == 0, "{pulse:?}");
        assert_eq!(watch.look(&shown).await, None);
    }
}
