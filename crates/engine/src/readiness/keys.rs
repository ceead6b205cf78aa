//! Whether the keys at hand open every archive, and whether the recovery kit of the key was confirmed.

use std::collections::{BTreeSet, HashSet};

use aitta_base::blocking;
use aitta_keys::{self as keys, HeldKey};
use aitta_model::{
    Command, ErrorCode, KeyState, ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessRemedy,
};
use futures::future::join_all;

use super::{in_time, is_new};
use crate::reading::disowned::disowned_at;
use crate::reading::headers::{self, ArchiveHeader};
use crate::{Context, Error, Result};

/// What is asked for a key.
const KEEPER: &str = "what keeps the keys";

pub(super) async fn opening(context: &Context) -> ReadinessCheck {
    match look(context).await {
        Ok(check) => check,
        Err(error) => ReadinessCheck::unknown(ReadinessKind::Keys, error.failure(), None),
    }
}

async fn look(context: &Context) -> Result<ReadinessCheck> {
    let ring = match in_time(KEEPER, ErrorCode::KeychainUnavailable, context.keys()).await {
        Ok(ring) => Some(ring),
        Err(e) if e.code() == ErrorCode::KeyMissing => None,
        Err(e) => return Err(e),
    };
    let ids = ring.as_ref().map(|ring| ring.ids()).unwrap_or_default();
    let held: Vec<HeldKey> = ids.iter().filter_map(|id| ring.as_ref()?.held(&id.to_string())).collect();
    // The same archive may lie in several stores, but each copy has a header of its own.
    let (mut all, mut closed, mut missing) = (HashSet::new(), HashSet::new(), BTreeSet::new());
    let mut unseen = None;
    let places = context.places();
    for (place, archives) in places.iter().zip(join_all(places.iter().map(of_place)).await) {
        let (archives, disowned) = match archives {
            Ok(archives) => (archives, disowned_at(context, &place.store.location()).await?),
            Err(error) => {
                unseen = unseen.or(Some(error));
                continue;
            }
        };
        for archive in archives {
            let opens = held.iter().any(|key| archive.is_opened_by(key));
            if disowned.contains(&archive.id) && !opens {
                continue;
            }
            let is_archive = archive.failure().is_none() || archive.is_unread();
            all.extend(is_archive.then_some(archive.id));
            match archive.failure() {
                Some(failure) if archive.is_unread() => {
                    let error = Error::new(failure.code(), failure.to_string(), failure.hint());
                    unseen = unseen.or(Some(error));
                }
                // What is no archive at all is damage, and no key would open it.
                Some(_) => {}
                None if opens => {}
                None => {
                    closed.insert(archive.id);
                    missing.extend(archive.key_ids().iter().map(ToString::to_string));
                }
            }
        }
    }
    // What is seen to be missing is missing, whatever else could not be seen.
    match unseen {
        Some(error) if closed.is_empty() && ring.is_some() => return Err(error),
        _ => {}
    }
    let (archives, closed) = (all.len() as u64, closed.len() as u64);
    let remedy: ReadinessRemedy = match closed {
        0 => Command::KeyCreateKit.into(),
        _ => Command::KeyImport.into(),
    };
    let missing = missing.into_iter().collect();
    let fact = ReadinessFact::Keys { archives, closed, missing, active: ring.is_some() };
    Ok(ReadinessCheck::found(ReadinessKind::Keys, closed == 0 && ring.is_some(), fact, [remedy]))
}

async fn of_place(place: &Context) -> Result<Vec<ArchiveHeader>> {
    let question = async {
        match headers::all_of(&place.store).await {
            Err(e) if is_new(place, &e).await? => Ok(Vec::new()),
            other => other,
        }
    };
    in_time(&place.store.location(), ErrorCode::StoreUnreachable, question).await
}

pub(super) async fn kit(context: &Context) -> ReadinessCheck {
    let kind = ReadinessKind::Kit;
    let fact = |pending: Option<String>, kept: &str| ReadinessFact::Kit { pending, kept: kept.to_owned() };
    if context.key_ring.is_some() || context.key_inputs.has_key() {
        // Whoever sets the variable keeps its copies: Aitta knows of none.
        return ReadinessCheck::not_applicable(kind, Some(fact(None, keys::ENVIRONMENT)));
    }
    let (vault, kept) = (context.vault.clone(), context.vault.place());
    let question = blocking(move || keys::load(vault.as_ref()));
    let index = match in_time(KEEPER, ErrorCode::KeychainUnavailable, question).await {
        Ok(index) => index,
        Err(error) => return ReadinessCheck::unknown(kind, error.failure(), None),
    };
    let pending = index.in_state(KeyState::Pending).next().map(|entry| entry.id.clone());
    if pending.is_none() && index.active().is_none() {
        return ReadinessCheck::not_applicable(kind, Some(fact(None, kept)));
    }
    ReadinessCheck::found(kind, pending.is_none(), fact(pending, kept), [Command::KeyStatus.into()])
}
