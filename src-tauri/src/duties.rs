//! Desktop notifications of what has to be done about keys: at the start, and once a day while the tray stays.

use std::time::Duration;

use aitta_engine::custody;
use aitta_model::{ErrorCode, Family, KeyCanary, KeyRingReport};
use tauri::{AppHandle, Manager, Runtime};

use crate::state::AppState;
use crate::window;

const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Looks at once, and then every day, as long as the program runs.
pub(crate) fn watch<R: Runtime>(app: AppHandle<R>) {
    tauri::async_runtime::spawn(async move {
        let mut days = tokio::time::interval(EVERY);
        // After a week of sleep there is one notification, not seven.
        days.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            days.tick().await;
            if let Some(words) = look(&app).await {
                window::notify(&app, "Aitta: keys", &words);
            }
        }
    });
}

async fn look<R: Runtime>(app: &AppHandle<R>) -> Option<String> {
    let state = app.state::<AppState>();
    let context = state.context().await.ok()?;
    // Nothing is set up yet, or the ring can't be reached: the window says so.
    context.profile.database_url.as_ref()?;
    let ring = custody::status(&context).await.ok()?;
    let canary = custody::check(&context).await.ok();
    words(&ring, canary.as_ref())
}

/// The most urgent thing, in words.
fn words(ring: &KeyRingReport, canary: Option<&KeyCanary>) -> Option<String> {
    if let Some(failure) = canary.and_then(|canary| canary.failure.as_ref()) {
        let words = match failure.code {
            ErrorCode::KeyWrong | ErrorCode::ArchiveDamaged => {
                "The key doesn't open the newest backup. See Keys."
            }
            code if code.family() == Family::Store => {
                "The key can't be tested: the backup store can't be read."
            }
            _ => "The key can't be tested. See Keys.",
        };
        return Some(words.to_owned());
    }
    if ring.rotation.as_ref().is_some_and(|rotation| rotation.begun && !rotation.running) {
        return Some(
            "Key rotation was interrupted. Every backup still opens; resume it under Keys.".to_owned(),
        );
    }
    ring.overdue.then(|| "The key is due for rotation. Keys → Rotate takes a few minutes.".to_owned())
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
        assert_eq!(words(&ring(), None), None);
        let mut due = KeyRingReport { overdue: true, ..ring() };
        assert!(words(&due, None).is_some_and(|told| told.contains("due for rotation")));
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
        assert!(words(&due, None).is_some_and(|told| told.contains("was interrupted")));
        let told = |code| {
            let failure = Failure { code, message: "os error 2".to_owned(), hint: String::new() };
            let canary = KeyCanary { at: Timestamp::UNIX_EPOCH, archive: None, failure: Some(failure) };
            words(&due, Some(&canary)).unwrap_or_default()
        };
        assert!(told(ErrorCode::KeyWrong).contains("doesn't open"));
        assert!(
            !told(ErrorCode::StoreMissing).contains("doesn't open"),
            "a store that is away says nothing of a key"
        );
        assert!(!told(ErrorCode::KeychainUnavailable).contains("os error"));
    }
}
