//! From which keys to which.

use std::sync::Arc;

use aitta_archive::KeyId;
use aitta_keys::{KEY_VARIABLE, KeyRing, RETIRED_VARIABLE};
use aitta_model::{Command, ErrorCode, RotateRequest, RotationDirection};

use super::is_forward;
use crate::{Context, Error, Result};

pub(super) struct Route {
    /// All keys: whatever point a rotation was interrupted at, one of them opens the archive.
    pub(super) ring: Arc<KeyRing>,
    /// The key that stays, alone.
    pub(super) to: KeyRing,
    /// The others: the one that was active before first.
    pub(super) leave: Vec<KeyId>,
}

impl Route {
    pub(super) async fn plan(context: &Context, ring: Arc<KeyRing>, request: &RotateRequest) -> Result<Self> {
        let forward = is_forward(request.direction);
        let to = if forward { Some(ring.active_id()) } else { before(context, &ring).await? };
        // Data keys can be changed while the vault key stays.
        let alone = ring.others().is_empty() && !(forward && (request.reencrypt || rewrote(context).await?));
        let (Some(to), false) = (to, alone) else { return Err(nowhere(&ring, request.direction)) };
        let leave = ring.ids().into_iter().filter(|id| *id != to).collect();
        let to = ring.alone(to).ok_or_else(|| nowhere(&ring, request.direction))?;
        Ok(Self { ring, to, leave })
    }

    pub(super) fn to_id(&self) -> String {
        self.to.active_id().to_string()
    }

    pub(super) fn left_ids(&self) -> Vec<String> {
        self.leave.iter().map(ToString::to_string).collect()
    }

    pub(super) fn leaves(&self, key: KeyId) -> bool {
        self.leave.contains(&key)
    }

    /// For the audit trail.
    pub(super) fn in_words(&self, reencrypt: bool) -> String {
        let from = if self.leave.is_empty() { "no other key".to_owned() } else { self.left_ids().join(", ") };
        let data = if reencrypt { "; the data is written anew under new data keys" } else { "" };
        format!("from {from} to {}{data}", self.to_id())
    }

    /// What is left to do by hand.
    pub(super) fn remark(&self, direction: RotationDirection) -> Option<String> {
        if self.ring.active_id() == self.to.active_id() || is_forward(direction) {
            return None;
        }
        (self.ring.kept() == "environment").then(|| {
            format!(
                "put the key {} into {KEY_VARIABLE} and {} into {RETIRED_VARIABLE}: until then new archives are locked \
                 with the key that was just left",
                self.to_id(),
                self.ring.active_id()
            )
        })
    }
}

/// Whether the last rotation wrote data anew: stopped behind its end, it has left copies in further stores that have to
/// follow, though there is no key to leave.
async fn rewrote(context: &Context) -> Result<bool> {
    let (profile, store) = (&context.profile.name, context.store.location());
    Ok(context.catalog.last_rotation(profile, &store).await?.is_some_and(|last| last.reencrypt))
}

/// The key that archives were locked with before the active one: what the journal says, and otherwise what the ring
/// has first.
async fn before(context: &Context, ring: &KeyRing) -> Result<Option<KeyId>> {
    let (profile, store) = (&context.profile.name, context.store.location());
    let in_ring = |name: &String| ring.ids().into_iter().find(|id| id.to_string() == *name);
    let open = context.catalog.open_rotation(profile, &store).await?;
    if let Some(back) = open.as_ref().filter(|open| !is_forward(open.direction)) {
        return Ok(in_ring(&back.to));
    }
    let last = match open {
        Some(open) => Some(open),
        None => context.catalog.last_rotation(profile, &store).await?,
    };
    let active = ring.active_id();
    let told = last.filter(|r| is_forward(r.direction) && r.to == active.to_string());
    let told = told.and_then(|r| r.from.iter().find_map(in_ring));
    Ok(told.or_else(|| ring.others().first().copied()))
}

fn nowhere(ring: &KeyRing, direction: RotationDirection) -> Error {
    let active = ring.active_id();
    let message = if is_forward(direction) {
        format!("the key {active} is the only one at hand, so there is no key to leave")
    } else {
        format!("the key that was used before {active} is not at hand")
    };
    let hint = if ring.kept() == "environment" {
        format!(
            "put the new key into {KEY_VARIABLE} and the one before into {RETIRED_VARIABLE}; \
             {key_generate} makes one; --reencrypt alone changes the data keys",
            key_generate = Command::KeyGenerate
        )
    } else {
        format!(
            "make a new key with {key_create} and confirm its recovery kit, or take an old one in with \
             {key_import}; --reencrypt alone changes the data keys",
            key_create = Command::KeyCreate,
            key_import = Command::KeyImport
        )
    };
    Error::new(ErrorCode::KeyMissing, message, hint)
}
