//! Hints of the engine, with what they name as it is called here.

use aitta_model::{Action, Part, Remedy};

use crate::texts::Texts;

/// A hint for a page: commands are named as the window has them.
pub(crate) fn words(t: &Texts, hint: &str) -> String {
    told(hint, |action| {
        let r = &t.remedies;
        match action {
            Action::Run(command) => (r.command)(*command).map(str::to_owned),
            Action::Show { id } => Some((r.show)(id)),
            Action::Verify { copy: None, id, .. } => Some((r.verify)(id)),
            Action::Delete { copy: None, id } => Some((r.delete)(id)),
            // The window works on the first store.
            Action::ListCopies { .. }
            | Action::Verify { .. }
            | Action::Delete { .. }
            | Action::RestoreCopy { .. } => None,
            Action::With(_) | Action::Option(_) => return action.to_string(),
        }
        .unwrap_or_else(|| (r.terminal)(&action.to_string()))
    })
}

/// A hint in the wizard of restores, whose steps have the choices: only these are named anew.
pub(crate) fn steps(t: &Texts, hint: &str) -> String {
    told(hint, |action| match action {
        Action::With(option) => (t.remedies.with)(*option).to_owned(),
        Action::Option(option) => (t.remedies.option)(*option).to_owned(),
        _ => action.to_string(),
    })
}

fn told(hint: &str, name: impl Fn(&Action) -> String) -> String {
    let remedy = Remedy::read(hint);
    let parts = remedy.parts().into_iter().map(|part| match part {
        Part::Words(words) => words.to_owned(),
        Part::Do(action) => name(&action),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use aitta_model::{ClosedList as _, Command};

    use super::*;
    use crate::texts::{EN, FI};

    #[test]
    fn commands_are_named_as_the_window_has_them() {
        let hint = format!(
            "take it from its recovery kit with {}, or check {}; {} tells more",
            Command::KeyImport,
            Action::verify(None, "backup-1-a"),
            Command::CatalogRebuild
        );
        assert_eq!(
            words(&EN, &hint),
            "take it from its recovery kit with “Import a key…” on the page “Keys”, or check “Verify” on the page of \
             backup-1-a; `aitta catalog rebuild` in a terminal tells more"
        );
        assert_eq!(
            words(&FI, &hint),
            "take it from its recovery kit with sivu ”Avaimet”: ”Tuo avain…”, or check sivu backup-1-a: ”Tarkista”; \
             `aitta catalog rebuild` päätteessä tells more"
        );
    }

    #[test]
    fn what_the_window_has_not_is_typed_in_a_terminal() {
        for t in [&EN, &FI] {
            for command in Command::ALL.iter().copied() {
                let told = words(t, &command.to_string());
                let is_here = (t.remedies.command)(command).is_some();
                assert_eq!(told.contains("`aitta"), !is_here, "{told}");
            }
            let copy = Action::delete(Some(2), "backup-1-a").to_string();
            assert!(words(t, &copy).starts_with(&copy));
        }
    }

    #[test]
    fn choices_are_named_by_the_wizard_alone() {
        let hint = "restore beside it with --to-schema; `aitta backup list` shows more, and --totp stays";
        assert_eq!(words(&EN, "add User to --tables"), "add User to --tables");
        assert_eq!(
            steps(&EN, hint),
            "restore beside it as a separate schema (step 1); `aitta backup list` shows more, and --totp stays"
        );
    }
}
