//! Retention: what is kept, and why; what was put away, and until when it can be put back.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::word::{closed_list, shown_as_word};
use crate::{Failure, Family, MfaCode, Word};

/// A hold: the archive stays whatever the rules say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Why there is one. Of a kind that a later version knows it holds all the same.
    pub kind: Word<HoldKind>,
    /// Its end, exclusive; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Kinds of holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// Somebody wants to keep this archive.
    Pin,
    /// The law wants it kept.
    Legal,
    /// The last backup before rows were lost: nobody has said yet that they were meant to go.
    Loss,
    /// The catalog was made anew, and does not know what was held before.
    Rebuilt,
}

closed_list!(HoldKind {
    Pin => "pin",
    Legal => "legal",
    Loss => "loss",
    Rebuilt => "rebuilt",
});

shown_as_word!(HoldKind);

/// The rules of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetentionRules {
    /// Days for which every archive stays, of 24 hours each.
    pub days: u32,
    /// Days whose newest archive stays.
    pub daily: u32,
    /// Weeks, from Monday on, whose newest archive stays.
    pub weekly: u32,
    /// Months whose newest archive stays.
    pub monthly: u32,
    /// Years whose newest archive stays.
    pub yearly: u32,
    /// The share of all archives, 0 to 1, above which a prune asks first.
    pub share: f64,
}

impl Default for RetentionRules {
    fn default() -> Self {
        Self { days: 30, daily: 0, weekly: 0, monthly: 0, yearly: 0, share: 0.30 }
    }
}

/// Why an archive stays.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum KeepReason {
    /// It is the newest that counts.
    Newest,
    /// It is newer than the newest that counts, so that nothing proven replaces it.
    NotReplaced,
    /// It is younger than [`RetentionRules::days`].
    Young {
        /// Until when, exclusive.
        until: Timestamp,
    },
    /// It is the newest of a kept day.
    Daily {
        /// The day.
        date: Date,
    },
    /// It is the newest of a kept week.
    Weekly {
        /// The Monday.
        monday: Date,
    },
    /// It is the newest of a kept month.
    Monthly {
        /// The year.
        year: i16,
        /// The month, 1 to 12.
        month: i8,
    },
    /// It is the newest of a kept year.
    Yearly {
        /// The year.
        year: i16,
    },
    /// It is held.
    Held {
        /// By which kind of hold.
        kind: Word<HoldKind>,
        /// Until when, exclusive; absent when the hold has no end.
        until: Option<Timestamp>,
    },
    /// The store locks it until later.
    Locked,
}

/// What becomes of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// The archive may go.
    Goes {
        /// The end of its youth or of its hold, whichever came last. Newer archives may have pushed it out of a span
        /// only later.
        since: Timestamp,
    },
    /// The archive stays.
    Stays {
        /// Why; at least one reason, in the order of [`KeepReason`].
        reasons: Vec<KeepReason>,
    },
}

impl Fate {
    /// When the archive may go, as things stand: `None` while something without an end keeps it.
    #[must_use]
    pub fn goes_at(&self) -> Option<Timestamp> {
        match self {
            Self::Goes { since } => Some(*since),
            Self::Stays { reasons } => reasons
                .iter()
                .map(|reason| match reason {
                    KeepReason::Young { until } => Some(*until),
                    KeepReason::Held { until, .. } => *until,
                    _ => None,
                })
                .try_fold(Timestamp::MIN, |latest, until| Some(latest.max(until?))),
        }
    }
}

/// Why nothing goes at all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "blocked", rename_all = "snake_case")]
pub enum PruneBlock {
    /// A newer verified archive should exist by now: while backups fail, the old ones are all there is.
    Overdue,
    /// The list of archives is incomplete.
    ListIncomplete,
    /// Two archives of the list have one id, so that removing one would remove the other.
    SameId,
    /// The clock is behind the time of something that was entered before.
    ClockJumped,
    /// The rules keep less than those that somebody has agreed to.
    LooserRules,
    /// The newest archive that counts was read back before anything was deleted, and is not as it was written.
    NewestDamaged,
    /// No archive counts.
    NothingVerified,
    /// More would go than may without a question.
    TooMany {
        /// How many would go, with those that went within the last day.
        going: u64,
        /// Of how many.
        of: u64,
        /// The share that may go.
        share: f64,
    },
}

/// An archive and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Its id.
    pub id: String,
    /// What becomes of it, as if nothing blocked the prune.
    pub fate: Fate,
}

/// An archive that is held, in whatever store it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldArchive {
    /// Its id.
    pub archive: String,
    /// The hold.
    #[serde(flatten)]
    pub hold: Hold,
    /// Why.
    pub reason: String,
    /// Who holds it; absent for a hold that Aitta has made by itself.
    pub person: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// An archive that retention has put away: it is whole where it was, and in no list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutAway {
    /// Its id.
    pub id: String,
    /// When it was put away.
    pub since: Timestamp,
    /// From when on a prune deletes it.
    pub until: Timestamp,
    /// Its size in bytes, where it is still there.
    pub size_bytes: Option<u64>,
}

/// Which archives are to go by the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PruneRequest {
    /// Whether it is only said what would go, and why everything else stays.
    pub dry_run: bool,
    /// Whether what is asked is agreed to: that more goes than the share, by rules that keep less than before, or with a
    /// clock that is behind what was entered.
    pub agreed: bool,
    /// Why, for the audit trail.
    pub reason: Option<String>,
    /// A code of the second factor: only an agreement asks for one.
    pub mfa: Option<MfaCode>,
}

/// What a prune has done, or would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PruneReport {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// The rules.
    pub rules: RetentionRules,
    /// Each store of the profile, the first one first.
    pub places: Vec<PrunedPlace>,
}

impl PruneReport {
    /// Why it is not done in every store.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.places.iter().find_map(|place| place.failure.as_ref().or(place.left.first().map(|(_, f)| f)))
    }

    /// The exit code of the command line: `done`, or that of what was not done. What is held back counts as trouble with
    /// the archives.
    #[must_use]
    pub fn exit_code(&self, done: u8) -> u8 {
        match self.failure() {
            Some(failure) => failure.code.exit_code(),
            None if self.places.iter().any(|place| place.held_back > 0) => Family::Archive.exit_code(),
            None => done,
        }
    }
}

/// One of the stores.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrunedPlace {
    /// Where it is.
    pub location: String,
    /// Archives of the profile's database that lie there.
    pub archives: u64,
    /// Archives that lie there and that no prune of this profile touches: of other databases, or not entered in the catalog.
    pub others: u64,
    /// Why nothing new was put away; empty when nothing is in the way.
    pub blocked: Vec<PruneBlock>,
    /// Ids that were put away now, or would be.
    pub put_away: Vec<String>,
    /// Ids that were deleted now, or would be: they had been put away before.
    pub deleted: Vec<String>,
    /// How many would go, and something is in the way.
    pub held_back: u64,
    /// Ids that were put away before and are back in the lists, because they stay by the rules of now.
    pub returned: Vec<String>,
    /// Ids that would go and were neither put away nor deleted, each with the reason.
    pub left: Vec<(String, Failure)>,
    /// Bytes that are free now.
    pub freed_bytes: u64,
    /// What else there is to say, such as versions that the store keeps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why this store was not looked at to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// In a dry run: what becomes of each archive, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fates: Vec<Judged>,
}

/// Which archive comes back into the lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PutBackRequest {
    /// Its id.
    pub id: String,
    /// Why, for the audit trail.
    pub reason: Option<String>,
}

/// An archive that is back in the lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutBackReport {
    /// Its id.
    pub id: String,
    /// The stores in whose lists it is again.
    pub places: Vec<String>,
    /// Why it does not read as it should; absent when every byte of it was read back and is as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// Which archive is held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct HoldRequest {
    /// Its id.
    pub id: String,
    /// Whether the law wants it kept.
    pub legal: bool,
    /// The end of the hold; without one it holds until it is released.
    pub until: Option<Timestamp>,
    /// Why, for the audit trail.
    pub reason: Option<String>,
}

/// Which archives are released from their holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ReleaseRequest {
    /// The id of one; absent for all that are held because the catalog was made anew.
    pub id: Option<String>,
    /// Why, for the audit trail.
    pub reason: Option<String>,
    /// A code of the second factor.
    pub mfa: Option<MfaCode>,
}

/// Holds that were made or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldReport {
    /// Those that were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HeldArchive>,
    /// Those that were ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<HeldArchive>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_goes_when_the_last_that_keeps_it_has_ended_and_never_while_something_has_no_end() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let young = KeepReason::Young { until: at(30) };
        let pinned = |until| KeepReason::Held { kind: HoldKind::Pin.into(), until };
        let stays = |reasons: &[KeepReason]| Fate::Stays { reasons: reasons.to_vec() }.goes_at();
        assert_eq!(Fate::Goes { since: at(7) }.goes_at(), Some(at(7)));
        assert_eq!(stays(std::slice::from_ref(&young)), Some(at(30)));
        assert_eq!(stays(&[young.clone(), pinned(Some(at(90)))]), Some(at(90)));
        assert_eq!(stays(&[young.clone(), pinned(None)]), None);
        assert_eq!(stays(&[young, KeepReason::Yearly { year: 2026 }]), None);
    }
}
