//! What the archives of the store carry of the chain.
//!
//! A chain only grows, so one anchor that holds proves every entry up to it. Sidecars are quick to read but anybody
//! can write them; so the newest archives are opened, and every one whose sidecar disagrees.

use std::collections::BTreeMap;

use aitta_archive::ArchiveId;
use aitta_model::{AuditAnchor, ChainFault, ChainStatus, OtherChain};
use aitta_store::created_at;
use futures::stream::{self, StreamExt};

use super::check::{Walk, blame};
use crate::Context;
use crate::reading::{OpenArchive, select, sidecar};

/// Sidecars that are read at the same time.
const CONCURRENT: usize = 16;

/// Archives that are opened in any case, the newest.
const OPENED: usize = 8;

/// What an anchor says of the chain.
enum Judgement {
    Holds,
    /// The entry had another hash when the archive was made.
    Differs,
    /// The chain ends before it.
    Beyond,
    /// It lies behind a fault that is known already.
    Unknown,
    Other,
}

/// Compares the anchors of all archives of the store.
pub(super) async fn compare(context: &Context, walk: &Walk, status: &mut ChainStatus) {
    let ids = match select::ids(context).await {
        Ok(ids) => ids,
        Err(e) if context.profile.awaits_first_backup(&e) => return,
        Err(e) => {
            status.remarks.push(format!("the anchors in the archives were not compared: {e}"));
            return;
        }
    };
    let sidecars: Vec<_> = stream::iter(ids)
        .map(|id| async move {
            let told = sidecar::read(context.store.as_ref(), &id.to_string()).await;
            (id, told.map(|told| told.audit))
        })
        .buffered(CONCURRENT)
        .collect()
        .await;
    let mut comparison = Comparison::default();
    for (n, (id, told)) in sidecars.into_iter().enumerate() {
        comparison.archive(context, walk, n, id, told).await;
    }
    comparison.finish(walk, status);
}

#[derive(Default)]
struct Comparison {
    compared: u64,
    proven: u64,
    others: BTreeMap<String, OtherChain>,
    /// The furthest entries whose anchors hold, and those whose anchors don't.
    holds: Vec<u64>,
    broken: Vec<(u64, String, Judgement)>,
    remarks: Vec<String>,
}

impl Comparison {
    async fn archive(
        &mut self,
        context: &Context,
        walk: &Walk,
        n: usize,
        id: ArchiveId,
        told: Result<Option<AuditAnchor>, String>,
    ) {
        let anchor = told.as_ref().ok().and_then(Option::as_ref);
        let must_open = n < OPENED
            || match (&told, anchor.map(|anchor| (judge(walk, anchor), anchor))) {
                (Err(_), _) => true,
                // Older ones can't have an anchor of this chain; a younger one that has none is odd.
                (_, None) => walk.began.is_some_and(|began| created_at(id.created_ms()) >= began),
                (_, Some((Judgement::Holds | Judgement::Unknown, _))) => false,
                (_, Some((Judgement::Other, anchor))) => !self.others.contains_key(&anchor.chain),
                (_, Some(_)) => true,
            };
        let (mut anchor, mut place) = (anchor.cloned(), None);
        if let Some(keys) = walk.keys.as_deref().filter(|_| must_open) {
            match OpenArchive::open(context.store.clone(), id, keys).await {
                Ok(archive) => {
                    let authentic = archive.manifest().audit.as_ref();
                    place = authentic.map(|anchor| anchor.place.clone());
                    let authentic = authentic.map(sidecar::anchor);
                    if told.is_ok() && authentic != anchor {
                        self.remarks
                            .push(format!("the sidecar of {id} carries another anchor than the archive"));
                    }
                    self.proven += u64::from(authentic.is_some());
                    anchor = authentic;
                }
                Err(e) => self.remarks.push(format!("the anchor of an archive was not checked: {e}")),
            }
        }
        let Some(anchor) = anchor else { return };
        self.compared += 1;
        match judge(walk, &anchor) {
            Judgement::Holds => self.holds.push(anchor.entry),
            Judgement::Unknown => {}
            Judgement::Other => self.other(walk, id, anchor, place),
            broken => self.broken.push((anchor.entry, id.to_string(), broken)),
        }
    }

    fn other(&mut self, walk: &Walk, id: ArchiveId, anchor: AuditAnchor, place: Option<String>) {
        let noted = walk.noted.contains(&anchor.chain);
        let other = self.others.entry(anchor.chain.clone()).or_insert_with(|| OtherChain {
            chain: anchor.chain,
            archives: 0,
            entry: 0,
            archive: id.to_string(),
            place: None,
            noted,
        });
        other.archives += 1;
        other.place = other.place.take().or(place);
        if anchor.entry > other.entry {
            (other.entry, other.archive) = (anchor.entry, id.to_string());
        }
    }

    fn finish(self, walk: &Walk, status: &mut ChainStatus) {
        status.anchors = self.compared;
        status.anchors_proven = self.proven;
        status.remarks.extend(self.remarks);
        for (entry, archive, judgement) in self.broken {
            let held = self.holds.iter().copied().filter(|held| *held < entry).max().unwrap_or_default();
            let first = match walk.verified.binary_search(&entry) {
                // The key vouches for the entry that took its place, as for what was written after a cut. Those
                // without a signature are suspected first.
                Ok(_) => {
                    let unsigned = walk.unsigned.iter().find(|n| (held + 1..=entry).contains(n));
                    unsigned.copied().unwrap_or(held + 1)
                }
                // It vouches for all up to its last signature before that.
                Err(n) => 1 + held.max(n.checked_sub(1).map_or(0, |n| walk.verified[n])),
            };
            let (first, what) = match judgement {
                Judgement::Beyond => (
                    walk.last + 1,
                    format!(
                        "it is missing: {archive} was begun at entry {entry}, and the trail ends before it"
                    ),
                ),
                _ => (
                    first,
                    format!(
                        "entry {entry} has changed since {archive} was begun: something from entry {first} \
                         to {entry} was altered"
                    ),
                ),
            };
            blame(status, ChainFault { entry: first, what });
        }
        for other in self.others.values() {
            if !other.noted && other.place.as_ref() == Some(&walk.place) {
                let what = format!(
                    "{} archives, such as {}, belong to another trail of {} entries or more, which was kept at this \
                     very place ({}): the catalog that held it was deleted or replaced",
                    other.archives, other.archive, other.entry, walk.place
                );
                blame(status, ChainFault { entry: 1, what });
            }
        }
        status.others = self.others.into_values().collect();
    }
}

fn judge(walk: &Walk, anchor: &AuditAnchor) -> Judgement {
    if walk.chain.as_ref() != Some(&anchor.chain) {
        return Judgement::Other;
    }
    let index = usize::try_from(anchor.entry).ok().and_then(|n| n.checked_sub(1));
    match index.and_then(|n| walk.hashes.get(n)) {
        Some(hash) if *hash == anchor.hash => Judgement::Holds,
        Some(_) => Judgement::Differs,
        None if anchor.entry > walk.last => Judgement::Beyond,
        None => Judgement::Unknown,
    }
}
