//! Is the trail as it was written?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aitta_keys::KeyRing;
use aitta_model::{AuditEntry, AuditStage, ChainFault, ChainStatus, Operation, Timestamp};

use self::rest::{Rest, claimed, runs};
use super::anchors;
use crate::catalog::chain::{HEAD_LABEL, LABEL, START, hash, message};
use crate::catalog::{self, Head, StoredLink};
use crate::door::place;
use crate::{Context, Result};

mod rest;

/// The whole chain, its signatures, and what the archives of the store carry of it.
///
/// # Errors
/// `audit_failed`, `catalog_failed`: it could not be read. What is wrong with it is in the status.
pub async fn verify(context: &Context) -> Result<ChainStatus> {
    let (mut status, walk) = walk(context).await?;
    anchors::compare(context, &walk, &mut status).await;
    Ok(status)
}

/// The chain and its signatures alone: no store is asked.
///
/// # Errors
/// `audit_failed`, `catalog_failed`.
pub(super) async fn chain(context: &Context) -> Result<ChainStatus> {
    walk(context).await.map(|(status, _)| status)
}

/// What was learned on the way along the chain.
pub(super) struct Walk {
    pub(super) keys: Option<Arc<KeyRing>>,
    /// Hashes of the entries up to the first fault.
    pub(super) hashes: Vec<String>,
    /// Number of the last row.
    pub(super) last: u64,
    pub(super) chain: Option<String>,
    pub(super) began: Option<Timestamp>,
    /// Chains that a rebuild has noted.
    pub(super) noted: BTreeSet<String>,
    /// Where it is kept.
    pub(super) place: String,
    /// Entries that bear no signature.
    pub(super) unsigned: Vec<u64>,
    /// Entries whose signature was checked and is right: each vouches for all before it.
    pub(super) verified: Vec<u64>,
    last_signed: Option<(u64, String)>,
    /// By the id of a key that is not at hand: the entries that name it, in their order.
    unknown_keys: BTreeMap<String, Vec<u64>>,
    destroyed: Vec<Destroyed>,
}

/// An entry which says that a key was destroyed.
struct Destroyed {
    entry: u64,
    key_id: String,
    /// The key that signed it.
    by: String,
}

async fn walk(context: &Context) -> Result<(ChainStatus, Walk)> {
    let mut status = ChainStatus::default();
    let mut walk = Walk {
        keys: context.keys().await.ok(),
        hashes: Vec::new(),
        last: 0,
        chain: None,
        began: None,
        noted: BTreeSet::new(),
        place: place(context),
        unsigned: Vec::new(),
        verified: Vec::new(),
        last_signed: None,
        unknown_keys: BTreeMap::new(),
        destroyed: Vec::new(),
    };
    let mut rest: Option<Rest> = None;
    let see = |link: StoredLink| {
        status.entries += 1;
        walk.last = walk.last.max(u64::try_from(link.entry).unwrap_or_default());
        match &mut rest {
            Some(rest) => rest.step(&link, &walk),
            None => {
                let (before, last) = (walk.hashes.last().cloned(), walk.hashes.len());
                if let Err(fault) = walk.step(&link, &mut status) {
                    let mut behind = Rest::behind(before.as_deref().unwrap_or(START), last);
                    // One that is missing says nothing about the one that is there.
                    match u64::try_from(link.entry) == Ok(last as u64 + 1) {
                        true => behind.pass(&link),
                        false => behind.step(&link, &walk),
                    }
                    rest = Some(behind);
                    status.faults.push(fault.clone());
                    status.fault = Some(fault);
                }
            }
        }
    };
    let head = match context.catalog.read_audit(see).await {
        Ok(head) => head,
        Err(error) if catalog::is_trail_gone(&error) => {
            let what = format!("the whole trail is gone, which Aitta itself never does: {error}");
            blame(&mut status, ChainFault { entry: 1, what });
            None
        }
        Err(error) => return Err(error),
    };
    if let Some(fault) = walk.check_end(head.as_ref()) {
        blame(&mut status, fault);
    }
    for fault in walk.check_unknown_keys() {
        blame(&mut status, fault);
    }
    for fault in rest.into_iter().flat_map(|rest| rest.finish(&walk)) {
        blame(&mut status, fault);
    }
    // What bears no signature is vouched for by the next entry that does, and with a fault there is none.
    let vouched_to =
        |fault: &ChainFault| walk.unsigned_before(fault.entry).map_or(fault.entry, |first| first) - 1;
    status.intact_to = status.fault.as_ref().map_or(walk.last, vouched_to);
    status.signed_to = status.signed_to.map(|signed| signed.min(status.intact_to)).filter(|n| *n > 0);
    if walk.keys.is_none() && status.entries > 0 {
        status.remarks.push("no key is at hand, so no signature was checked".to_owned());
    }
    let vouched = walk.vouched();
    for key in walk.unknown_keys.keys().filter(|key| vouched.contains_key(key.as_str())) {
        status.remarks.push(format!(
            "the signatures by the key {key} can't be checked any more: it was destroyed; the entry that says so vouches \
             for those before it"
        ));
    }
    Ok((status, walk))
}

/// The most faults that are told: a chain that was made anew has one in each entry.
const MOST_FAULTS: usize = 200;

/// All faults are told, in the order of the entries. The one that counts is that at the first entry.
pub(super) fn blame(status: &mut ChainStatus, fault: ChainFault) {
    let place = status.faults.partition_point(|known| known.entry <= fault.entry);
    if !status.faults.contains(&fault) {
        status.faults.insert(place, fault.clone());
    }
    if status.faults.len() > MOST_FAULTS {
        status.faults.pop();
        status.more_faults += 1;
    }
    if status.fault.as_ref().is_none_or(|known| fault.entry < known.entry) {
        status.intact_to = status.intact_to.min(fault.entry - 1);
        status.signed_to = status.signed_to.map(|signed| signed.min(status.intact_to)).filter(|n| *n > 0);
        status.fault = Some(fault);
    }
}

impl Walk {
    /// One entry further.
    fn step(&mut self, link: &StoredLink, status: &mut ChainStatus) -> Result<(), ChainFault> {
        let entry = self.hashes.len() as u64 + 1;
        let fault = |what: String| ChainFault { entry, what };
        if link.entry != entry.cast_signed() {
            return Err(fault(match link.entry > entry.cast_signed() {
                true => format!("it is missing: the next one there is entry {}", link.entry),
                false => format!("an entry of the number {} stands in its place", link.entry),
            }));
        }
        let before = self.hashes.last().map_or(START, String::as_str);
        let hash = hash(before, entry, &link.body);
        if hash.as_bytes() != link.hash {
            return Err(fault("its content does not match its hash".to_owned()));
        }
        let body: AuditEntry =
            serde_json::from_slice(&link.body).map_err(|e| fault(format!("it can't be understood: {e}")))?;
        if body.entry != entry {
            return Err(fault(format!("it calls itself entry {}", body.entry)));
        }
        if body.chain.is_some() != (entry == 1) {
            return Err(fault("the id of the chain is in the first entry, and in that alone".to_owned()));
        }
        self.check_tag(&body, &hash, link.tag.as_deref(), status).map_err(fault)?;
        self.note_destroyed(&body);
        if entry == 1 {
            self.began = Some(body.at);
            self.chain.clone_from(&body.chain);
        }
        self.noted.extend(body.other_chains.into_iter().map(|other| other.chain));
        self.hashes.push(hash);
        Ok(())
    }

    fn note_destroyed(&mut self, body: &AuditEntry) {
        let ended = body.stage == AuditStage::Ended && body.succeeded();
        if !ended || body.operation != Operation::KeyDestroy {
            return;
        }
        if let (Some(key_id), Some(by)) = (body.target.clone(), body.signed_by.clone()) {
            self.destroyed.push(Destroyed { entry: body.entry, key_id, by });
        }
    }

    fn check_tag(
        &mut self,
        body: &AuditEntry,
        hash: &str,
        tag: Option<&[u8]>,
        status: &mut ChainStatus,
    ) -> Result<(), String> {
        let (key_id, tag) = match (&body.signed_by, tag) {
            (Some(key_id), Some(tag)) => (key_id, tag),
            (Some(key_id), None) => {
                return Err(format!("its signature by the key {key_id} was taken away"));
            }
            (None, Some(_)) => return Err("it bears a signature, and names no key".to_owned()),
            (None, None) => {
                status.unsigned += 1;
                self.unsigned.push(body.entry);
                return match needs_key(body) {
                    true => Err(format!(
                        "it records a {} without a signature, but that takes a key",
                        body.operation
                    )),
                    false => Ok(()),
                };
            }
        };
        self.last_signed = Some((body.entry, key_id.clone()));
        match self.is_signed(LABEL, &message(body.entry, hash), key_id, tag) {
            Some(true) => {
                self.verified.push(body.entry);
                status.signed_to = Some(body.entry);
                status.key_id = Some(key_id.clone());
                Ok(())
            }
            Some(false) => Err(match self.unsigned_before(body.entry) {
                None => format!("its signature is not one of the key {key_id}"),
                Some(first) => format!(
                    "its signature is not one of the key {key_id}: it was changed, or one of the entries \
                     from {first} on before it, which bear none"
                ),
            }),
            None => {
                self.note_unknown(key_id, body.entry);
                Ok(())
            }
        }
    }

    /// The first of the entries right before this one that bear no signature.
    fn unsigned_before(&self, entry: u64) -> Option<u64> {
        let run =
            self.unsigned.iter().rev().zip((1..entry).rev()).take_while(|(unsigned, n)| **unsigned == *n);
        run.last().map(|(first, _)| *first)
    }

    fn note_unknown(&mut self, key_id: &str, entry: u64) {
        let entries = self.unknown_keys.entry(key_id.to_owned()).or_default();
        // The end of the chain may name an entry that was seen.
        if let Err(place) = entries.binary_search(&entry) {
            entries.insert(place, entry);
        }
    }

    /// By the id of a key that was destroyed: the entry up to which the trail vouches for what it has signed. The key
    /// that signed the destruction has signed everything before as well; and if that key was destroyed later, its own
    /// destruction vouches for it in the same way.
    fn vouched(&self) -> BTreeMap<&str, u64> {
        let mut vouched: BTreeMap<&str, u64> = BTreeMap::new();
        let Some(keys) = &self.keys else { return vouched };
        for Destroyed { entry, key_id, by } in self.destroyed.iter().rev() {
            let at_hand = keys.has(by);
            if at_hand || vouched.get(by.as_str()).is_some_and(|to| to > entry) {
                vouched.entry(key_id).or_insert(*entry);
            }
        }
        vouched
    }

    /// The name of a key that is not at hand may be made up. So its signatures count only when the trail itself says,
    /// under a key that is at hand, that it was destroyed later. All others are told, each run of them by itself: one
    /// that has been there for long must not hide another one.
    fn check_unknown_keys(&self) -> Vec<ChainFault> {
        if self.keys.is_none() {
            return Vec::new();
        }
        let vouched = self.vouched();
        let mut faults = Vec::new();
        for (key_id, entries) in &self.unknown_keys {
            let Some(to) = vouched.get(key_id.as_str()) else {
                faults.extend(runs(entries).map(|(first, last)| {
                    let later = self.verified.iter().copied().find(|verified| *verified > last);
                    claimed(key_id, first, last, later)
                }));
                continue;
            };
            if entries.last().is_some_and(|last| last > to) {
                let what = format!(
                    "it or one after it claims a signature by the key {key_id}, which was destroyed before"
                );
                faults.push(ChainFault { entry: to + 1, what });
            }
        }
        faults
    }

    fn is_signed(&self, label: &str, message: &[u8], key_id: &str, tag: &[u8]) -> Option<bool> {
        // Upper case would be the same tag, but not the text that was written.
        let plain = tag.len() == 64 && tag.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let tag = std::str::from_utf8(tag).ok().filter(|_| plain);
        let Some(tag) = tag else { return Some(false) };
        self.keys.as_ref()?.is_signed(label, message, key_id, tag)
    }

    /// The signed end: it is the last entry that is signed, and nothing else.
    fn check_end(&mut self, head: Option<&Head>) -> Option<ChainFault> {
        let next = self.last + 1;
        let fault = |entry: u64, what: String| Some(ChainFault { entry: entry.max(1), what });
        let Some(head) = head else {
            // A signature vouches for all entries before it; those after the last one are unproven.
            let (last_signed, _) = self.last_signed.as_ref()?;
            let what = "the signed end of the chain was taken away, and entries may be taken away or altered from here on";
            return fault(last_signed + 1, what.to_owned());
        };
        let end = u64::try_from(head.entry).unwrap_or_default();
        match self.is_signed(HEAD_LABEL, &message(end, &head.hash), &head.key_id, head.tag.as_bytes()) {
            Some(true) => {}
            Some(false) => {
                let what = format!(
                    "the end of the chain, entry {}, bears a signature that is not one of the key {}",
                    head.entry, head.key_id
                );
                return fault(end.min(next), what);
            }
            None => self.note_unknown(&head.key_id, end.clamp(1, next)),
        }
        if end > self.last {
            let what = match end == next {
                true => "it is missing: the end of the chain was signed there".to_owned(),
                false => {
                    format!("entries {next} to {end} are missing: the end of the chain was signed there")
                }
            };
            return fault(next, what);
        }
        // After a fault the rest of the chain proves nothing.
        if end > self.hashes.len() as u64 {
            return None;
        }
        if end.checked_sub(1).and_then(|n| self.hashes.get(n as usize)) != Some(&head.hash) {
            return fault(end, "it is not the entry that was signed as the end of the chain".to_owned());
        }
        match &self.last_signed {
            Some((last, _)) if *last > end => {
                let what =
                    format!("it is signed, but entry {end} is said to be the end: an older end was put back");
                fault(end + 1, what)
            }
            Some((last, key_id)) if *last == end && *key_id != head.key_id => {
                fault(end, format!("it was signed by the key {key_id}, and the end names {}", head.key_id))
            }
            None => fault(end, "it bears no signature, and is said to be the signed end".to_owned()),
            _ => None,
        }
    }
}

/// Whether the operation needs a key, so that its entry would have been signed.
fn needs_key(body: &AuditEntry) -> bool {
    let operation = [Operation::Backup, Operation::Restore].into_iter().any(|o| body.operation == o);
    // A process without a key may find out that it was interrupted.
    operation && (body.stage != AuditStage::Ended || body.succeeded())
}
