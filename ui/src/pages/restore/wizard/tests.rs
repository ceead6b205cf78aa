use aitta_model::{ArchiveSummary, ComparedTable, DatabaseEngine, Finding, ForeignKeySummary, Severity};

use super::*;

fn details(id: &str, tables: &[&str]) -> ArchiveDetails {
    let created: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a time");
    ArchiveDetails {
        summary: ArchiveSummary {
            id: id.to_owned(),
            created,
            state: ArchiveState::Verified(created),
            kind: None,
            reason: None,
            engine: Some(DatabaseEngine::Postgresql.into()),
            database: Some("carwash".to_owned()),
            place: None,
            complete: Some(true),
            tables: None,
            rows: None,
            size_bytes: 500,
            duration_ms: None,
            checksum: None,
        },
        location: String::new(),
        source_version: String::new(),
        snapshot: String::new(),
        writer: String::new(),
        key_ids: Vec::new(),
        table_list: tables
            .iter()
            .map(|name| TableSummary {
                name: (*name).to_owned(),
                rows: 10,
                bytes: 100,
                stored_bytes: 30,
                digest: String::new(),
                columns: Vec::new(),
            })
            .collect(),
        foreign_keys: vec![ForeignKeySummary {
            name: "k".to_owned(),
            table: "Booking".to_owned(),
            foreign_table: "User".to_owned(),
        }],
        evidence: Vec::new(),
        remarks: Vec::new(),
        copies: Vec::new(),
    }
}

fn plan(mode: RestoreMode, blocked: bool) -> RestorePlan {
    let finding = |severity| Finding::new(severity, "", "");
    RestorePlan {
        archive: "backup-1".to_owned(),
        archive_created: Timestamp::UNIX_EPOCH,
        mode,
        tables: Vec::new(),
        findings: vec![finding(if blocked { Severity::Blocker } else { Severity::Warning })],
        space_needed_bytes: 0,
        read_bytes: 0,
        code: Vec::new(),
    }
}

fn chosen() -> Wizard {
    let mut wizard = Wizard::new("carwash", Some(DatabaseEngine::Postgresql));
    assert!(wizard.take(Arc::new(details("backup-1", &["Booking", "User", "Log"])), None));
    wizard.set("User", true);
    wizard.set("Booking", true);
    wizard
}

fn replace() -> RestoreMode {
    RestoreMode::Replace { target: "db1:5432/carwash".to_owned() }
}

#[test]
fn a_step_that_cannot_be_entered_leads_to_the_first_that_is_missing() {
    let mut wizard = Wizard::new("carwash", Some(DatabaseEngine::Postgresql));
    let settle = |wizard: &Wizard, step| wizard.settle(Some(step), Phase::Idle);
    assert_eq!(wizard.settle(None, Phase::Idle), Step::What);
    assert_eq!((settle(&wizard, Step::Confirm), wizard.lacks(Step::What)), (Step::What, Some(Lack::Archive)));
    wizard.take(Arc::new(details("backup-1", &["Booking", "User"])), None);
    assert_eq!((settle(&wizard, Step::Report), wizard.lacks(Step::What)), (Step::What, Some(Lack::Tables)));
    wizard.set("Booking", true);
    assert_eq!(settle(&wizard, Step::Confirm), Step::Preview, "the database itself is the first target");
    wizard.target.kind = TargetKind::Other;
    assert_eq!((settle(&wizard, Step::Confirm), wizard.lacks(Step::What)), (Step::What, Some(Lack::Url)));
    wizard.target.kind = TargetKind::Same;
    let request = wizard.plain_request().expect("a request");
    wizard.take_plan(request.clone(), plan(replace(), true));
    assert_eq!(settle(&wizard, Step::Confirm), Step::Preview, "a blocker blocks");
    wizard.take_plan(request, plan(replace(), false));
    assert_eq!(settle(&wizard, Step::Confirm), Step::Confirm);
    assert_eq!(settle(&wizard, Step::What), Step::What, "going back is always possible");
    assert_eq!(settle(&wizard, Step::Restore), Step::Confirm, "nothing has begun");
}

#[test]
fn a_restore_under_way_or_just_ended_comes_first() {
    let wizard = chosen();
    for step in [None, Some(Step::What), Some(Step::Report)] {
        assert_eq!(wizard.settle(step, Phase::Running), Step::Restore);
    }
    assert_eq!(wizard.settle(None, Phase::Ended { seen: false }), Step::Report);
    assert_eq!(wizard.settle(None, Phase::Ended { seen: true }), Step::What);
    assert_eq!(wizard.settle(Some(Step::Restore), Phase::Ended { seen: true }), Step::Report);
    assert_eq!(wizard.settle(Some(Step::What), Phase::Ended { seen: false }), Step::What);
}

#[test]
fn the_request_says_what_was_chosen() {
    let mut wizard = chosen();
    wizard.give_reason(ReasonChoice::in_words(" incident 17 ".to_owned()));
    let request = wizard.request().expect("a request");
    assert_eq!(request.archive.to_string(), "backup-1");
    assert_eq!(request.tables, ["Booking", "User"], "in the order of the archive");
    assert_eq!((request.to.clone(), request.to_schema.clone(), request.dry_run), (None, None, false));
    assert_eq!(request.reason.as_deref(), Some("other: incident 17"));
    assert_eq!((wizard.rows(), wizard.bytes(), wizard.stored_bytes()), (20, 200, 60));
    wizard.whole = true;
    assert!(wizard.request().expect("a request").tables.is_empty());
    assert_eq!((wizard.rows(), wizard.stored_bytes()), (30, 500));
    wizard.target = Target {
        kind: TargetKind::Schema,
        schema: "incident_17".to_owned(),
        url: "postgres://left/over".to_owned(),
        ..Target::default()
    };
    let request = wizard.request().expect("a request");
    assert_eq!((request.to, request.to_schema.as_deref()), (None, Some("incident_17")));
}

#[test]
fn a_plan_counts_only_for_the_choice_it_was_made_for() {
    let mut wizard = chosen();
    assert_eq!(wizard.lacks(Step::Preview), Some(Lack::Plan));
    let request = wizard.plain_request().expect("a request");
    wizard.take_plan(request, plan(replace(), false));
    assert_eq!(wizard.lacks(Step::Preview), None);
    wizard.give_reason(ReasonChoice::in_words("a reason changes nothing of what would happen".to_owned()));
    assert_eq!(wizard.lacks(Step::Preview), None);
    wizard.set("Log", true);
    assert_eq!(wizard.lacks(Step::Preview), Some(Lack::Plan));
    wizard.set("Log", false);
    assert_eq!(wizard.lacks(Step::Preview), None);
    wizard.done();
    assert_eq!(wizard.lacks(Step::Preview), Some(Lack::Plan), "after a restore the target is another");
}

#[test]
fn overwriting_wants_the_name_typed() {
    let mut wizard = chosen();
    let request = wizard.plain_request().expect("a request");
    wizard.take_plan(request.clone(), plan(replace(), false));
    assert_eq!(wizard.lacks(Step::Confirm), Some(Lack::Name), "an incident is the reason");
    wizard.give_reason(ReasonChoice::default());
    assert_eq!(wizard.lacks(Step::Confirm), Some(Lack::Reason));
    wizard.give_reason(ReasonChoice::in_words("incident 17".to_owned()));
    assert_eq!(wizard.lacks(Step::Confirm), Some(Lack::Name));
    wizard.typed = "carwas".to_owned();
    assert_eq!(wizard.lacks(Step::Confirm), Some(Lack::Name));
    wizard.typed = "carwash ".to_owned();
    assert_eq!(wizard.lacks(Step::Confirm), None);
    wizard.typed.clear();
    wizard.take_plan(request, plan(RestoreMode::Create { target: "copy".to_owned() }, false));
    assert_eq!(wizard.lacks(Step::Confirm), None, "nothing is overwritten");
    let swap = RestoreMode::Swap { target: "/srv/shop.db".to_owned(), set_aside: String::new() };
    assert_eq!(overwritten(&swap), Some("shop.db"));
}

#[test]
fn another_archive_keeps_the_tables_that_it_has() {
    let mut wizard = chosen();
    wizard.whole = true;
    let mut part = details("backup-2", &["Booking", "New"]);
    part.summary.complete = Some(false);
    assert!(wizard.take(Arc::new(part), None));
    assert!(!wizard.whole, "an archive of some tables is no whole database");
    assert_eq!(wizard.tables().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["Booking"]);
    let mut damaged = details("backup-3", &["Booking"]);
    damaged.summary.state = ArchiveState::Damaged(Timestamp::UNIX_EPOCH);
    assert!(!wizard.take(Arc::new(damaged), None));
    assert_eq!(wizard.details().map(|d| d.summary.id.as_str()), Some("backup-2"));
}

#[test]
fn undo_takes_all_of_the_safety_archive_into_the_same_target() {
    let mut wizard = chosen();
    wizard.target =
        Target { kind: TargetKind::Other, url: "postgres://aitta@db2/copy".to_owned(), ..Target::default() };
    wizard.typed = "copy".to_owned();
    let mut safety = details("backup-9", &["User", "Log"]);
    safety.summary.complete = Some(false);
    assert!(wizard.undo(Arc::new(safety), "undo".to_owned()));
    let request = wizard.request().expect("a request");
    assert_eq!(request.tables, ["User", "Log"]);
    assert_eq!(request.to.map(|u| u.redacted()).as_deref(), Some("postgres://aitta@db2/copy"));
    assert_eq!((request.reason.as_deref(), wizard.typed.as_str()), (Some("other: undo"), ""));
    assert_eq!(wizard.settle(Some(Step::Preview), Phase::Ended { seen: true }), Step::Preview);
}

#[test]
fn an_archive_of_another_engine_does_not_go_back_in_place() {
    let mut wizard = Wizard::new("shop", Some(DatabaseEngine::Sqlite));
    wizard.take(Arc::new(details("backup-1", &["Booking"])), None);
    wizard.set("Booking", true);
    assert_eq!(wizard.lacks(Step::What), Some(Lack::OtherEngine));
    assert_eq!(wizard.archived_engine(), Some(DatabaseEngine::Postgresql));
}

#[test]
fn steps_are_read_back_from_the_address() {
    for step in Step::ALL {
        assert_eq!(Step::parse(step.as_str()), Some(step));
    }
    assert_eq!(Step::parse("x"), None);
    assert_eq!((Step::What.before(), Step::Report.next()), (None, None));
}

#[test]
fn what_is_trusted_is_this_restore_and_no_other() {
    let mut wizard = chosen();
    let asked = |wizard: &Wizard| wizard.plain_request().is_some_and(|r| r.trust_code);
    assert!(!asked(&wizard));
    wizard.trust(true);
    assert!(asked(&wizard) && wizard.plan().is_none(), "it is looked at anew");
    wizard.trust(false);
    assert!(!asked(&wizard));
    wizard.trust(true);
    wizard.set("Log", true);
    assert!(!asked(&wizard), "other tables");
    wizard.set("Log", false);
    assert!(asked(&wizard), "the same as before");
    wizard.done();
    assert!(!asked(&wizard), "the next restore");
}

#[test]
fn a_restore_into_the_live_database_answers_an_incident_unless_somebody_says_otherwise() {
    let mut wizard = chosen();
    let reason = |wizard: &Wizard| wizard.request().expect("a request").reason;
    assert_eq!(reason(&wizard).as_deref(), Some("incident"));
    wizard.target =
        Target { kind: TargetKind::Schema, schema: "incident_17".to_owned(), ..Target::default() };
    assert_eq!(reason(&wizard), None, "elsewhere it may be anything");
    wizard.give_reason(ReasonChoice::in_words("a look".to_owned()));
    wizard.target = Target::default();
    assert_eq!(reason(&wizard).as_deref(), Some("other: a look"), "what was said stays");
}

#[test]
fn a_comparison_counts_only_for_the_choice_it_was_made_for() {
    let mut wizard = chosen();
    let request = wizard.plain_request().expect("a request");
    wizard.begin_comparison(request.clone());
    assert_eq!(wizard.comparison(), Some(&Comparison::UnderWay));
    let comparison = |name: &str| RestoreComparison {
        archive: "backup-1".to_owned(),
        tables: vec![ComparedTable { name: name.to_owned(), likeness: Likeness::Same }],
        duration_ms: 1,
    };
    wizard.set("Log", true);
    assert_eq!(wizard.comparison(), None, "other tables");
    let other = wizard.plain_request().expect("a request");
    wizard.begin_comparison(other.clone());
    wizard.take_comparison(&request, Ok(comparison("Booking")));
    assert_eq!(wizard.comparison(), Some(&Comparison::UnderWay), "an answer that came late is none");
    wizard.take_comparison(&other, Ok(comparison("Log")));
    let found = |wizard: &Wizard| match wizard.comparison() {
        Some(Comparison::Found(found)) => found.get("Log").cloned(),
        _ => None,
    };
    assert_eq!(found(&wizard), Some(Likeness::Same));
    wizard.trust(true);
    assert_eq!(found(&wizard), Some(Likeness::Same), "the rows are the same, whatever may run");
    wizard.forget_plan();
    assert_eq!(wizard.comparison(), None, "it is looked at anew");
}

/// On a new machine the profile has no database: neither it nor a schema in it can be restored into.
#[test]
fn without_a_database_of_its_own_a_restore_goes_into_another_one() {
    let mut wizard = Wizard::new("carwash", None);
    assert!(wizard.take(Arc::new(details("backup-1", &["Booking"])), None));
    assert_eq!(wizard.target.kind, TargetKind::Other);
    wizard.set("Booking", true);
    assert_eq!(wizard.lacks(Step::What), Some(Lack::Url), "the server is asked for");
    let mut file = details("backup-2", &["Booking"]);
    file.summary.engine = Some(DatabaseEngine::Sqlite.into());
    let mut wizard = Wizard::new("carwash", None);
    assert!(wizard.take(Arc::new(file), None));
    assert_eq!(wizard.target.kind, TargetKind::File);
    let mut own = Wizard::new("carwash", Some(DatabaseEngine::Postgresql));
    assert!(own.take(Arc::new(details("backup-1", &["Booking"])), None));
    assert_eq!(own.target.kind, TargetKind::Same);
}

#[test]
fn a_whole_database_goes_on_to_no_target_that_is_known_not_to_be_empty() {
    let mut wizard = Wizard::new("carwash", None);
    assert!(wizard.take(Arc::new(details("backup-1", &["Booking"])), None));
    wizard.target.url = "postgres://ada@db1:5432/old".to_owned();
    assert_eq!(wizard.lacks(Step::What), None);
    wizard.full = Some(wizard.target.clone());
    assert_eq!(wizard.lacks(Step::What), Some(Lack::NotEmpty));
    wizard.target.url = "postgres://ada@db1:5432/new".to_owned();
    assert_eq!(wizard.lacks(Step::What), None, "what was found of another target says nothing");
}
