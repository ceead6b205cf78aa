//! What the page may ask for, one module per topic. A command unpacks, calls the engine and maps the error.

use tauri::Runtime;
use tauri::ipc::Invoke;

mod archives;
mod audit;
mod automation;
mod closing;
mod files;
mod keys;
mod mfa;
mod overview;
mod restore;
mod runs;
mod session;
mod settings;

/// Commands are listed by topic in `aitta_model::calls`; a call without a command doesn't compile.
macro_rules! handler_of {
    ($($topic:ident { $($name:ident)* })*) => { tauri::generate_handler![$($($topic::$name,)*)*] };
}

pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    aitta_model::calls!(handler_of)
}
