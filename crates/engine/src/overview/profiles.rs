//! How each of several profiles stands.

use std::sync::Arc;
use std::time::Duration;

use aitta_keys::NoKeychain;
use aitta_model::{ErrorCode, Failure, Overview, ProfileState, Standing};
use futures::stream::{self, StreamExt};
use tokio_util::sync::CancellationToken;

use super::overview;
use crate::config::{self, Inputs, Profile};
use crate::{Context, Result};

/// How long a profile may take: one whose store does not answer must not keep the others waiting.
const WITHIN: Duration = Duration::from_secs(15);

/// Profiles that are looked at at once.
const AT_ONCE: usize = 8;

/// Every profile of the configuration, in its order, with what its own first page says. `shown` is the context of the
/// one that is open already, if there is one. What can't be known of a profile is in its entry, and keeps none of the
/// others away.
pub async fn profiles(inputs: &Inputs, shown: Option<&Context>) -> Vec<ProfileState> {
    let data_dir = config::data_dir(inputs).ok();
    // A sample has data of its own.
    let shown = shown.filter(|shown| Some(&shown.profile.data_dir) == data_dir.as_ref());
    let load = |name: String| {
        let profile = match shown {
            // As it was opened: chosen by name it could be another one than that of the environment.
            Some(shown) if shown.profile.name == name => Ok(shown.profile.as_ref().clone()),
            _ => config::load(&Inputs { profile: Some(name.clone()), ..inputs.clone() }),
        };
        (name, profile.map_err(|error| error.failure()))
    };
    let loaded: Vec<_> = config::profiles(inputs).into_iter().map(load).collect();
    let base = match (shown, loaded.iter().find_map(|(_, profile)| profile.as_ref().ok())) {
        (Some(shown), _) => Some(shown.clone()),
        // What keeps this one from being opened keeps the others as well, and each says so for itself.
        (None, Some(first)) => opened(inputs, first.clone()).await.ok(),
        (None, None) => None,
    };
    let base = match base {
        Some(base) => Some(asked_once(base).await),
        None => None,
    };
    let look = |(name, profile): (String, Result<Profile, Failure>)| {
        let base = base.clone();
        async move {
            let context = match (profile, base) {
                (Err(failure), _) => Err(failure),
                (Ok(profile), Some(base)) => Ok(base.at(profile)),
                (Ok(profile), None) => opened(inputs, profile).await.map_err(|error| error.failure()),
            };
            match context {
                Ok(context) => one(name, context).await,
                Err(failure) => ProfileState { name, profile: None, standing: Standing::Unknown(failure) },
            }
        }
    };
    stream::iter(loaded).map(look).buffered(AT_ONCE).collect().await
}

async fn opened(inputs: &Inputs, profile: Profile) -> Result<Context> {
    Ok(Context::new(profile).await?.with_key_inputs(inputs.keys()))
}

/// The context after its keychain was asked, so that it is asked once and not for each profile: one that stays locked
/// is left alone from then on. No verdict depends on a key.
async fn asked_once(base: Context) -> Context {
    let is_locked = match tokio::time::timeout(WITHIN, base.keys()).await {
        Ok(Ok(_)) => false,
        Ok(Err(error)) => error.code() == ErrorCode::KeychainUnavailable,
        Err(_) => true,
    };
    if is_locked {
        return Context { vault: Arc::new(NoKeychain), found_keys: Arc::default(), ..base };
    }
    base
}

async fn one(name: String, context: Context) -> ProfileState {
    // What is given up is not left running.
    let given_up = CancellationToken::new();
    let _guard = given_up.clone().drop_guard();
    let context = context.stopped_by(given_up);
    let profile = super::profile(&context);
    let standing = within(WITHIN, &name, overview(&context)).await;
    ProfileState { name, profile: Some(profile), standing }
}

async fn within(limit: Duration, name: &str, look: impl Future<Output = Result<Overview>>) -> Standing {
    match tokio::time::timeout(limit, look).await {
        Ok(Ok(overview)) => Standing::Known(Box::new(overview)),
        Ok(Err(error)) => Standing::Unknown(error.failure()),
        // The catalog and the keychain are of this machine; what takes its time is the store.
        Err(_) => Standing::Unknown(Failure {
            code: ErrorCode::StoreUnreachable,
            message: format!("the store of {name:?} gave no answer within {} s", limit.as_secs()),
            hint: "check the network, or open the profile and wait longer".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_profile_that_does_not_answer_is_given_up_and_says_so() {
        let limit = Duration::from_millis(20);
        let Standing::Unknown(failure) = within(limit, "shop", std::future::pending()).await else {
            panic!("nothing is known of it");
        };
        assert_eq!(failure.code, ErrorCode::StoreUnreachable);
        assert!(failure.message.contains("\"shop\""), "{}", failure.message);
    }
}
