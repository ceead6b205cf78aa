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

/// How long a secret stays there: long enough to paste it into another program.
pub(crate) const STAYS: Duration = Duration::from_secs(30);

/// The secret that was copied last.
#[derive(Default)]
pub(crate) struct CopiedSecret(Mutex<Option<Held>>);

struct Held {
    // On X11 it is this that hands out the text.
    clipboard: Clipboard,
    text: String,
}

impl CopiedSecret {
    /// Puts it there.
    ///
    /// # Errors
    /// There is no clipboard, or another program holds it.
    pub(crate) fn put(&self, text: &str) -> Result<(), arboard::Error> {
        let mut clipboard = Clipboard::new()?;
        clipboard.set().exclude_from_history().text(text)?;
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(Held { clipboard, text: text.to_owned() });
        Ok(())
    }

    /// Takes the secret away, or this one; what somebody has copied meanwhile stays.
    pub(crate) fn take_away(&self, only: Option<&str>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if only.is_some_and(|text| held.as_ref().is_none_or(|held| held.text != text)) {
            return;
        }
        let Some(Held { mut clipboard, text }) = held.take() else { return };
        if clipboard.get_text().is_ok_and(|now| now == text)
            && let Err(error) = clipboard.clear()
        {
            tracing::warn!("a secret stays on the clipboard: {error}");
        }
    }
}
