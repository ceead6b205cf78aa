use super::*;

const ID: &str = "backup-1642684800000-a1b2c3d4";

fn all() -> Vec<Action> {
    let mut all: Vec<Action> = Command::ALL.iter().copied().map(Action::Run).collect();
    for option in RestoreOption::ALL.iter().copied() {
        all.extend([Action::With(option), Action::Option(option)]);
    }
    for copy in [None, Some(2)] {
        all.extend([Action::verify(copy, ID), Action::delete(copy, ID)]);
        all.push(Action::Verify { copy, id: ID.to_owned(), content: true });
    }
    all.extend([
        Action::ListCopies { copy: 1 },
        Action::Show { id: ID.to_owned() },
        Action::RestoreCopy { copy: 3, id: ID.to_owned() },
    ]);
    all
}

#[test]
fn every_action_is_read_back_from_its_text() {
    for action in all() {
        let remedy = Remedy::from(format!("first this, {action}; then ({action})"));
        let expected = [
            Part::Words("first this, "),
            Part::Do(action.clone()),
            Part::Words("; then ("),
            Part::Do(action.clone()),
            Part::Words(")"),
        ];
        assert_eq!(remedy.parts(), expected);
        assert_eq!(Remedy::from(action.clone()).parts(), [Part::Do(action)]);
    }
}

#[test]
fn a_restore_from_a_copy_is_read_back_without_a_reason_too() {
    let text = format!("`aitta --copy 3 backup restore --backup-id {ID}`");
    assert_eq!(Remedy::from(text).parts(), [Part::Do(Action::RestoreCopy { copy: 3, id: ID.to_owned() })]);
}

#[test]
fn the_parts_make_up_the_text() {
    let text = "add User to --tables, or restore it with --to-schema, or é with `pg_dump --schema-only`; \
                `aitta backup list` shows what is there, --totp and --to=x, pre--to";
    let remedy = Remedy::from(text);
    let parts = remedy.parts();
    let joined: String = parts
        .iter()
        .map(|part| match part {
            Part::Words(words) => (*words).to_owned(),
            Part::Do(action) => action.to_string(),
        })
        .collect();
    assert_eq!(joined, text);
    let actions: Vec<String> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Do(action) => Some(action.to_string()),
            Part::Words(_) => None,
        })
        .collect();
    assert_eq!(actions, ["--tables", "with --to-schema", "`aitta backup list`", "--to"]);
}

#[test]
fn words_alone_are_one_part() {
    assert_eq!(Remedy::from("make room").parts(), [Part::Words("make room")]);
    assert_eq!(Remedy::default().parts(), []);
}

#[test]
fn a_command_of_no_list_stays_words() {
    let remedy = Remedy::from("run `aitta backup lisst`");
    assert_eq!(remedy.parts(), [Part::Words("run `aitta backup lisst`")]);
}
