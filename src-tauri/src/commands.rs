//! What the page may ask for, one module per topic. A command unpacks, calls the engine and maps the error.

use tauri::Runtime;
use tauri::ipc::Invoke;

mod archives;
mod audit;
mod closing;
mod files;
mod keys;
mod mfa;
mod overview;
mod restore;
mod runs;
mod session;
mod settings;

pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        archives::archive,
        archives::archives,
        archives::back_up,
        archives::delete_archive,
        archives::reveal_archive,
        archives::verify,
        audit::audit,
        audit::audit_export,
        audit::audit_report,
        closing::set_stays_in_tray,
        closing::stays_in_tray,
        files::save_file,
        keys::check_key,
        keys::confirm_key,
        keys::create_key,
        keys::destroy_key,
        keys::discard_key,
        keys::export_kit,
        keys::import_key,
        keys::key_ring,
        keys::rotate,
        mfa::begin_mfa,
        mfa::change_mfa,
        mfa::confirm_mfa,
        mfa::mfa,
        overview::history,
        overview::overview,
        overview::review,
        restore::restore,
        restore::restore_plan,
        runs::cancel,
        runs::run,
        runs::runs,
        session::choose_profile,
        session::make_sample,
        session::session,
        settings::check_source,
        settings::check_store,
        settings::save_profile,
        settings::settings,
    ]
}
