//! What helps after an error: the step to go back to.

use aitta_model::ErrorCode;

use crate::texts::restore::Step;

/// The step at which this error can be mended.
pub(super) fn step_for(code: ErrorCode) -> Step {
    use ErrorCode as E;
    match code {
        E::ArchiveNotFound
        | E::ArchiveTruncated
        | E::ArchiveDamaged
        | E::ArchiveNewer
        | E::ArchiveForeign
        | E::KeyWrong
        | E::TableUnknown
        | E::TableAmbiguous
        | E::ForeignKeys
        | E::TargetNotEmpty
        | E::TargetIncompatible
        | E::SourceUnreachable
        | E::SourceAuth
        | E::SourceDenied
        | E::ConfigInvalid => Step::What,
        // Nothing that was chosen is wrong: the same once more.
        E::Cancelled | E::RunInProgress | E::LockTimeout => Step::Confirm,
        _ => Step::Preview,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remedy;
    use crate::texts::EN;

    #[test]
    fn each_error_leads_to_the_step_that_mends_it() {
        for (code, step) in [
            (ErrorCode::ArchiveDamaged, Step::What),
            (ErrorCode::ForeignKeys, Step::What),
            (ErrorCode::SourceAuth, Step::What),
            (ErrorCode::LockTimeout, Step::Confirm),
            (ErrorCode::StoreFailed, Step::Preview),
        ] {
            assert_eq!(step_for(code), step);
        }
    }

    #[test]
    fn hints_name_what_the_window_has() {
        let hint =
            "add User to --tables, or delete these rows first, or restore beside the tables with --to-schema";
        let told = remedy::steps(&EN, hint);
        assert!(!told.contains("--"), "{told}");
        assert!(told.starts_with("add User to the selected tables (step 1), or"), "{told}");
        assert!(told.ends_with("beside the tables as a separate schema (step 1)"), "{told}");
        let hint = "restore into an empty database that an administrator creates for you (CREATE DATABASE … OWNER …) \
                    and that you name with --to";
        assert!(remedy::steps(&EN, hint).ends_with(" and that you name in step 1"));
    }
}
