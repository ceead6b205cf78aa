//! Who is at work.

use aitta_model::Actor;

use crate::Context;

/// The user of the operating system that this process runs as, the name that is configured for the admin, and
/// the machine.
pub(crate) fn actor(context: &Context) -> Actor {
    Actor {
        user: aitta_base::user().unwrap_or_else(nobody),
        admin: context.profile.admin.clone(),
        host: host(),
    }
}

#[cfg(unix)]
fn nobody() -> String {
    format!("uid {}", rustix::process::getuid().as_raw())
}

#[cfg(not(unix))]
fn nobody() -> String {
    "unknown".to_owned()
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

/// Where the trail is kept. A catalog that was deleted is known by it from that of another machine.
pub(crate) fn place(context: &Context) -> String {
    format!("{}:{}", actor(context).host, context.catalog.folder().display())
}
