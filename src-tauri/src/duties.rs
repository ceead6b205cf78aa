//! Desktop notifications of what has to be done about keys: soon after the start, and once a day while the tray stays.

use std::time::Duration;

use aitta_engine::custody;
use aitta_model::{ErrorCode, Family, KeyCanary, KeyRingReport};
use tauri::{AppHandle, Manager, Runtime};

use crate::speech::{self, KeyDuty};
use crate::state::AppState;
use crate::window;

/// When duties are looked for first: the window is usable by then, and nothing waits for this.
const FIRST: Duration = Duration::from_secs(30);

const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Looks when the window is there, and then every day, as long as the program runs.
pub(crate) fn watch<R: Runtime>(app: AppHandle<R>) {
    tauri::async_runtime::spawn(async move {
        let mut days = tokio::time::interval_at(tokio::time::Instant::now() + FIRST, EVERY);
        // After a week of sleep there is one notification, not seven.
        days.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            days.tick().await;
            if let Some(duty) = look(&app).await {
                let words = speech::words(&app);
                window::notify(&app, words.keys, (words.duty)(duty));
            }
        }
    });
}

async fn look<R: Runtime>(app: &AppHandle<R>) -> Option<KeyDuty> {
    let state = app.state::<AppState>();
    let context = state.context().await.ok()?;
    // Nothing is set up yet, or the ring can't be reached: the window says so.
    context.profile.database_url.as_ref()?;
    let ring = custody::status(&context).await.ok()?;
    let canary = custody::check(&context).await.ok();
    duty(&ring, canary.as_ref())
}

/// The most urgent thing.
fn duty(ring: &KeyRingReport, canary: Option<&KeyCanary>) -> Option<KeyDuty> {
    if let Some(failure) = canary.and_then(|canary| canary.failure.as_ref()) {
        return Some(match failure.code {
            ErrorCode::KeyWrong | ErrorCode::ArchiveDamaged => KeyDuty::DoesNotOpen,
            code if code.family() == Family::Store => KeyDuty::StoreUnreadable,
            _ => KeyDuty::NotTested,
        });
    }
    if ring.rotation.as_ref().is_some_and(|rotation| rotation.begun && !rotation.running) {
        return Some(KeyDuty::Interrupted);
    }
    ring.overdue.then_some(KeyDuty::Due)
}

#[cfg(test)]
mod tests {
    use aitta_model::{Failure, RotationStatus, Timestamp};

    use super::*;

    fn ring() -> KeyRingReport {
        KeyRingReport {
            kept: "keychain".to_owned(),
            overrides: None,
            keys: Vec::new(),
            due: None,
            overdue: false,
            canary: None,
            rotation: None,
            unseen: Vec::new(),
            missing: Vec::new(),
        }
    }

    #[test]
    fn the_most_urgent_is_told_and_nothing_when_all_is_well() {
        assert_eq!(duty(&ring(), None), None);
        let mut due = KeyRingReport { overdue: true, ..ring() };
        assert_eq!(duty(&due, None), Some(KeyDuty::Due));
        due.rotation = Some(RotationStatus {
            from: "a".to_owned(),
            to: "b".to_owned(),
            started: Timestamp::UNIX_EPOCH,
            direction: aitta_model::RotationDirection::Forward,
            reencrypt: false,
            begun: true,
            done: 1,
            archives: 2,
            running: false,
        });
        assert_eq!(duty(&due, None), Some(KeyDuty::Interrupted));
        let told = |code| {
            let failure = Failure { code, message: "os error 2".to_owned(), hint: String::new() };
            let canary = KeyCanary { at: Timestamp::UNIX_EPOCH, archive: None, failure: Some(failure) };
            duty(&due, Some(&canary))
        };
        assert_eq!(told(ErrorCode::KeyWrong), Some(KeyDuty::DoesNotOpen));
        let away = told(ErrorCode::StoreMissing);
        assert_eq!(away, Some(KeyDuty::StoreUnreadable), "a store that is away says nothing of a key");
        assert_eq!(told(ErrorCode::KeychainUnavailable), Some(KeyDuty::NotTested));
    }
}
