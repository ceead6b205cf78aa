//! Work that blocks, on threads for it.

use aitta_model::ErrorCode;

use crate::{Error, Result};

/// A task of our own panicked, which is a bug, or was aborted with the runtime. The words of a panic may hold anything,
/// so they are left out; the panic hook has already printed the place.
pub fn task_failed(error: tokio::task::JoinError) -> Error {
    let what = if error.is_panic() { "met a bug" } else { "was stopped" };
    Error::new(
        ErrorCode::System,
        format!("an internal task {what}"),
        "report this with the message; nothing was reported as done that was not",
    )
}

/// Runs blocking work on a thread for blocking work.
///
/// # Errors
/// Those of the work; `system` when it met a bug.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(task_failed)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_panic_says_is_not_passed_on() {
        let secret = format!("{}-{}", "5ec2e7", 4);
        let task = tokio::spawn(async move { std::panic::panic_any(secret) });
        let error = task_failed(task.await.unwrap_err());
        assert!(!format!("{error:?} {}", error.failure().message).contains("5ec2e7"), "{error:?}");
    }
}
