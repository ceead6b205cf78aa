//! Made-up answers in every state a page can be in, for design work and browser tests. `?state=` chooses:
//! `normal`, `empty`, `loading`, `error`, `many`, `unsafe`, `shrunk`, `busy`, `setup`, and `failing`, in which all that
//! is done fails, with the error that `&code=` names.
//!
//! No rule of the engine is written here a second time. Whatever is asked is granted, unless the answer is there to
//! be looked at: in `error` and `unsafe`, and for what begins with four zeros, such as the code `000000`.

mod answers;
mod audit;
mod automation;
mod data;
mod guard;
mod readiness;
mod state;

use std::rc::Rc;

use aitta_model::{ArchiveSelector, Call, ErrorCode, Failure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use self::state::{failure, met, soon, work};
use crate::transport::{Answer, Asked, OnMessage, OnProgress, Transport};

/// Answers that were made up.
pub(crate) struct Mock;

impl Transport for Mock {
    fn ask(&self, call: Call, args: String) -> Asked<String> {
        self.follow(call, args, Rc::new(|_| ()))
    }

    fn follow(&self, call: Call, args: String, progress: OnProgress) -> Asked<String> {
        Box::pin(async move {
            let args = serde_json::from_str(&args).map_err(|error| misunderstood(&error))?;
            answer(call, Args(args), progress).await
        })
    }

    /// Nothing else runs beside a made-up page.
    fn listen(&self, call: Call, _: OnMessage) -> Asked<String> {
        self.ask(call, "{}".to_owned())
    }

    fn save(&self, name: &str, mime: &str, bytes: Vec<u8>) -> Asked<Option<String>> {
        if let Some(failure) = state::failing() {
            return Box::pin(async move { Err(failure) });
        }
        data::download(name, mime, &bytes);
        let name = name.to_owned();
        Box::pin(async move { Ok(Some(name)) })
    }
}

/// The arguments of a call by their names.
struct Args(Map<String, Value>);

impl Args {
    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Answer<T> {
        serde_json::from_value(self.0.remove(name).unwrap_or_default()).map_err(|error| misunderstood(&error))
    }
}

fn misunderstood(error: &serde_json::Error) -> Failure {
    failure(ErrorCode::System, &format!("the question is not understood: {error}"), "mend the page")
}

/// An answer as it is sent.
fn told<T: Serialize>(answer: T) -> Answer<String> {
    serde_json::to_string(&answer).map_err(|error| misunderstood(&error))
}

/// Whether something is done, and not only looked at.
fn does(call: Call) -> bool {
    matches!(
        call,
        Call::choose_profile
            | Call::make_sample
            | Call::accept_loss
            | Call::back_up
            | Call::verify
            | Call::delete_archive
            | Call::prune
            | Call::put_back
            | Call::hold_archive
            | Call::release_archive
            | Call::send_test
            | Call::reveal_archive
            | Call::restore_plan
            | Call::undo_archive
            | Call::restore
            | Call::save_profile
            | Call::check_source
            | Call::check_store
            | Call::create_key
            | Call::confirm_key
            | Call::discard_key
            | Call::import_key
            | Call::export_kit
            | Call::destroy_key
            | Call::check_key
            | Call::rotate
            | Call::confirm_mfa
            | Call::change_mfa
            | Call::audit_export
            | Call::audit_report
    )
}

async fn answer(call: Call, mut args: Args, progress: OnProgress) -> Answer<String> {
    if let Some(failure) = state::failing().filter(|_| does(call)) {
        soon().await;
        return Err(failure);
    }
    match call {
        Call::session => told(answers::session()),
        Call::choose_profile => told(answers::choose_profile(args.take("name")?)),
        Call::make_sample => told(answers::make_sample().await),
        Call::overview => met().await.and_then(|()| told(answers::overview())),
        Call::profiles => met().await.and_then(|()| told(answers::profiles())),
        Call::readiness => met().await.and_then(|()| told(readiness::readiness())),
        Call::accept_loss => {
            soon().await;
            told(answers::accept_loss(args.take("request")?)?)
        }
        Call::watch => told(()),
        Call::history => {
            let days = args.take("days")?;
            met().await.and_then(|()| told(answers::history(days)))
        }
        Call::review => {
            let month = args.take("month")?;
            met().await.and_then(|()| told(answers::review(month)))
        }
        Call::archives => met().await.and_then(|()| told(answers::archives())),
        Call::archive => {
            let selector = args.take("id")?;
            met().await?;
            told(answers::archive(&selector)?)
        }
        Call::back_up => {
            told(answers::back_up(args.take("request")?, args.take("operation")?, progress).await?)
        }
        Call::verify => {
            told(answers::verify(args.take("request")?, args.take("operation")?, progress).await?)
        }
        Call::delete_archive => {
            soon().await;
            told(answers::delete_archive(args.take("request")?)?)
        }
        Call::schedule => met().await.and_then(|()| told(automation::schedule())),
        Call::runs_ahead => {
            soon().await;
            told(automation::runs_ahead(&args.take::<String>("pattern")?, &args.take::<String>("zone")?))
        }
        Call::retention => met().await.and_then(|()| told(automation::retention())),
        Call::prune => {
            soon().await;
            told(automation::prune(args.take("request")?)?)
        }
        Call::put_back => {
            soon().await;
            told(automation::put_back(args.take("request")?))
        }
        Call::hold_archive => {
            soon().await;
            told(automation::hold(args.take("request")?))
        }
        Call::release_archive => {
            soon().await;
            told(automation::release(args.take("request")?)?)
        }
        Call::notices => met().await.and_then(|()| told(automation::notices())),
        Call::send_test => {
            soon().await;
            told(automation::send_test())
        }
        Call::copy_secret | Call::reveal_archive => told(()),
        Call::undo_archive => {
            met().await?;
            let of = answers::run(args.take("id")?)?;
            told(answers::archive(&ArchiveSelector::Id(of.undo.unwrap_or_default()))?)
        }
        Call::restore_plan => {
            met().await?;
            soon().await;
            told(answers::restore_plan(&args.take("request")?)?)
        }
        Call::compare_restore => {
            met().await?;
            soon().await;
            soon().await;
            told(answers::compare_restore(&args.take("request")?)?)
        }
        Call::prove_restore => {
            told(answers::prove_restore(args.take("request")?, args.take("operation")?, progress).await?)
        }
        Call::restore => {
            told(answers::restore(args.take("request")?, args.take("operation")?, progress).await?)
        }
        Call::runs => {
            let limit = args.take("limit")?;
            met().await.and_then(|()| told(answers::runs(limit)))
        }
        Call::run => {
            met().await?;
            told(answers::run(args.take("id")?)?)
        }
        Call::cancel => {
            state::cancel(args.take("operation")?);
            told(())
        }
        Call::underway => told(state::underway()),
        Call::wait_longer => {
            state::wait_longer();
            told(())
        }
        Call::end_session => {
            state::end_session();
            told(())
        }
        Call::settings => met().await.and_then(|()| told(answers::settings())),
        Call::save_profile => {
            soon().await;
            told(answers::save_profile(args.take("form")?, args.take("how")?)?)
        }
        Call::check_source => {
            soon().await;
            told(answers::check_source(&args.take("url")?)?)
        }
        Call::check_store => {
            soon().await;
            told(answers::check_store(&args.take("store")?)?)
        }
        Call::look_into_store => {
            soon().await;
            told(answers::look_into_store(&args.take("store")?)?)
        }
        Call::import_key_of_store => {
            soon().await;
            guard::import(&args.take("request")?)?;
            told(answers::opened(answers::look_into_store(&args.take("store")?)?))
        }
        Call::key_ring => met().await.and_then(|()| told(guard::ring())),
        Call::create_key => {
            soon().await;
            told(guard::new_key(args.take("request")?)?)
        }
        Call::confirm_key => {
            soon().await;
            told(guard::confirm(&args.take("request")?)?)
        }
        Call::discard_key => {
            soon().await;
            guard::discard();
            told(())
        }
        Call::import_key => {
            soon().await;
            told(guard::import(&args.take("request")?)?)
        }
        Call::export_kit => {
            soon().await;
            told(guard::export_kit(args.take("request")?)?)
        }
        Call::destroy_key => {
            soon().await;
            told(guard::destroy(args.take("request")?)?)
        }
        Call::check_key => {
            soon().await;
            told(guard::check())
        }
        Call::rotate => {
            guard::rotating(true);
            work(args.take("operation")?, &progress, &[]).await?;
            guard::rotating(false);
            told(guard::rotated(&args.take("request")?))
        }
        Call::mfa => met().await.and_then(|()| told(guard::status())),
        Call::begin_mfa => {
            soon().await;
            told(guard::enrolment())
        }
        Call::confirm_mfa => {
            soon().await;
            told(guard::enrol(args.take("request")?)?)
        }
        Call::change_mfa => {
            soon().await;
            told(guard::change(args.take("request")?)?)
        }
        Call::audit => {
            met().await?;
            told(audit::list(&args.take("query")?))
        }
        Call::audit_export => {
            met().await?;
            told(audit::export(&args.take("query")?, args.take("format")?))
        }
        Call::audit_report => {
            met().await?;
            told(audit::report(args.take("year")?, args.take("quarter")?))
        }
        Call::full_path => told(answers::full_path(&args.take::<String>("text")?)?),
        Call::stays_in_tray => told(true),
        Call::set_language
        | Call::set_stays_in_tray
        | Call::set_unsaved
        | Call::on_close
        | Call::close_anyway => told(()),
        Call::choose_folder => told(Some("/mnt/backup/chosen")),
        Call::choose_file => told(Some("/srv/data/shop.db")),
        // A browser saves by itself: see `save`.
        Call::save_file => told(None::<String>),
    }
}
