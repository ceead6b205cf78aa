//! What a restore has found, and what a chart remarks on.

pub(super) mod en;
pub(super) mod fi;

use aitta_model::{Difference, Fact, Obstacle, Timestamp, Unusual};

/// The fact, and what to do about it, which may be nothing.
pub(crate) type Told = (String, &'static str);

pub(crate) struct Findings {
    /// Absent where only the engine has words. The second tells a moment.
    pub(crate) fact: fn(&Fact, &dyn Fn(Timestamp) -> String) -> Option<Told>,
    /// Why the rows of a table can't be compared; absent as above.
    pub(crate) obstacle: fn(&Obstacle) -> Option<String>,
    /// How the size of a backup is unusual.
    pub(crate) unusual: fn(&Unusual) -> String,
    /// Before what the engine or a server says in English.
    pub(crate) verbatim: &'static str,
}

/// All of them with the word of a language, without those of later versions.
fn differences(all: &[Difference], word: fn(&Difference) -> Option<String>) -> Option<String> {
    let told: Vec<String> = all.iter().filter_map(word).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

#[cfg(test)]
mod tests {
    use aitta_model::{ClosedList as _, ErrorCode, KeptBeside, PassedOverWhy, TableChange};

    use super::*;
    use crate::texts::{EN, FI};

    fn facts() -> Vec<Fact> {
        let name = || "X7".to_owned();
        let names = || vec![name()];
        let differences = vec![Difference::ColumnNew { column: name() }];
        vec![
            Fact::LeftoverDropped { name: name() },
            Fact::PublicPrivileges { user: name() },
            Fact::KeyLeftOut { key: name(), table: name(), foreign_table: name() },
            Fact::StaleViews { names: names() },
            Fact::ViewsMissing { names: names() },
            Fact::PublicationsLost { names: names(), statements: names() },
            Fact::MayNotCreate { user: name() },
            Fact::MayNotRename { user: name(), database: name() },
            Fact::OtherExtension { name: name(), version: name(), archived: name() },
            Fact::ExtensionsMissing { names: names() },
            Fact::OfExtensions { names: names() },
            Fact::RolesMissing { names: names() },
            Fact::KeyCrosses { key: name(), table: name(), foreign_table: name() },
            Fact::KeyLeadsNowhere { key: name(), foreign_table: name() },
            Fact::TableMadeAgain { table: name() },
            Fact::TableChanged { table: name(), differences },
            Fact::SchemaNotEmpty { schema: name() },
            Fact::TypesMissing { names: names() },
            Fact::SameName { table: name() },
            Fact::PartitionsHoldRows { names: names() },
            Fact::PartitionsForeign { names: names() },
            Fact::RowsEstimated { names: names() },
            Fact::CodeCouldRun { user: name(), code: names(), more: 2, is_mighty: true },
            Fact::StaleIndex { index: name(), table: name() },
            Fact::NotFlushed { path: name() },
            Fact::KeysUnchecked { table: name() },
            Fact::TablesSetAside { names: names() },
            Fact::FileInUse { programs: names(), seconds: 30 },
            Fact::CopyUsed { location: name() },
            Fact::StoreSilent { location: name() },
            Fact::OfAnother { own: name() },
            Fact::SafetyInCopy { id: name(), location: name() },
            Fact::OtherProof { name: name() },
        ]
    }

    #[test]
    fn every_fact_keeps_its_name_in_each_language() {
        let at = |_: Timestamp| "then".to_owned();
        for t in [&EN, &FI] {
            for fact in facts() {
                let (told, hint) = (t.findings.fact)(&fact, &at).expect("words");
                assert!(told.contains("X7") && told.ends_with('.'), "{told}");
                assert!(hint.is_empty() || hint.ends_with('.'), "{hint}");
                assert!(![&*told, hint].iter().any(|words| words.contains("--")), "{told} {hint}");
            }
        }
    }

    #[test]
    fn what_has_no_name_is_told_in_both_languages_and_not_alike() {
        let at = |_: Timestamp| "X7".to_owned();
        let mut facts = vec![
            Fact::NoStatistics,
            Fact::KeysAdded { count: 2 },
            Fact::OlderServer { server: 12, archived: 18 },
            Fact::FilledByOne,
            Fact::RoomOnServer { bytes: 1, kept: Some(KeptBeside::Overwritten) },
            Fact::TooLittleRoom { needed_bytes: 2, free_bytes: 1 },
            Fact::SessionsOpen { count: 1 },
            Fact::TriggersSilent { count: 1 },
            Fact::BrokenReferences { rows: 1 },
            Fact::TargetUnreadable,
            Fact::FoundDamaged { at: Timestamp::UNIX_EPOCH },
            Fact::NotRecorded,
            Fact::ProofLeft,
            Fact::NewerGone { count: 1 },
            Fact::NewerGone { count: 2 },
        ];
        let why = PassedOverWhy::ALL.iter().map(|why| Some((*why).into())).chain([None]);
        facts.extend(why.map(|why| Fact::PassedOver { count: 2, why }));
        for fact in facts {
            let [english, finnish] =
                [&EN, &FI].map(|t| (t.findings.fact)(&fact, &at).expect("words in each language"));
            assert!(
                english.0 != finnish.0 && english.0.ends_with('.') && finnish.0.ends_with('.'),
                "{fact:?}"
            );
        }
        assert_eq!((FI.findings.fact)(&Fact::Other, &at), None);
        let refused = Fact::Refused { code: ErrorCode::SourceDenied.into() };
        assert!((FI.findings.fact)(&refused, &at).is_some(), "the engine speaks English");
    }

    #[test]
    fn an_unusual_size_is_told_with_its_table() {
        let cause = TableChange::Lost { table: "Booking".to_owned(), percent: 61 };
        let told = |t: &crate::texts::Texts, percent, cause| {
            (t.findings.unusual)(&Unusual { percent, cause }).replace('\u{a0}', " ")
        };
        assert_eq!(
            told(&EN, -36, Some(cause.clone())),
            "36 % smaller than usual: Booking lost 61 % of its rows"
        );
        assert_eq!(
            told(&FI, -36, Some(cause)),
            "36 % tavallista pienempi: taulun Booking riveistä hävisi 61 %"
        );
        assert_eq!(told(&FI, 200, None), "200 % tavallista suurempi");
    }
}
