//! Secrets on the clipboard: kept out of its history where the desktop has one, and gone again soon.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use arboard::Clipboard;
#[cfg(target_vendor = "apple")]
use arboard::SetExtApple as _;
#[cfg(target_os = "linux")]
use arboard::SetExtLinux as _;
#[cfg(windows)]
use arboard::SetExtWindows as _;
use zeroize::Zeroizing;

/// How long a secret stays there: long enough to paste it into another program.
pub(crate) const STAYS: Duration = Duration::from_secs(30);

/// The secret that was copied last.
#[derive(Default)]
pub(crate) struct CopiedSecret(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// How many have been copied.
    copied: u64,
    // On X11 it is the clipboard that hands out the text.
    secret: Option<(Clipboard, Zeroizing<String>)>,
}

impl CopiedSecret {
    /// Puts it there. Returns which one it is, for [`Self::take_away`].
    ///
    /// # Errors
    /// There is no clipboard, or another program holds it.
    pub(crate) fn put(&self, text: Zeroizing<String>) -> Result<u64, arboard::Error> {
        let mut clipboard = Clipboard::new()?;
        clipboard.set().exclude_from_history().text(text.as_str())?;
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.copied += 1;
        held.secret = Some((clipboard, text));
        Ok(held.copied)
    }

    /// Takes the secret away, or this one if none was copied after it. What somebody has copied meanwhile stays.
    pub(crate) fn take_away(&self, only: Option<u64>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if only.is_some_and(|number| number != held.copied) {
            return;
        }
        let Some((mut clipboard, text)) = held.secret.take() else { return };
        let is_there = clipboard.get_text().map(Zeroizing::new).is_ok_and(|now| *now == *text);
        if is_there && let Err(error) = clipboard.clear() {
            tracing::warn!("a secret stays on the clipboard: {error}");
        }
    }
}
