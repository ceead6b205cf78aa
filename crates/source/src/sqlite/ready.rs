//! What a restore into this file will need, looked at before there is one. Nothing is written.

use std::path::Path;

use aitta_model::{ErrorCode, Failure, ReadinessCheck, ReadinessFact, ReadinessKind, ReadinessRemedy};
use rustix::fs::Access;

use super::files::{folder, free_bytes};
use super::plan::beside;

/// Looks at the file, its folder, and the room there. `rows_bytes` is how much a backup of it holds; without one the size
/// of the file counts.
pub(super) fn readiness(live: &Path, rows_bytes: Option<u64>) -> Vec<ReadinessCheck> {
    let size = std::fs::metadata(live).map(|meta| meta.len());
    let folder = folder(live);
    // A new file is made beside the live one, and so is the journal of one that is changed.
    let into_folder = place(ReadinessKind::RestoreWhole, folder, may_write(folder));
    let tables = match &size {
        Ok(_) if !may_write(folder) => place(ReadinessKind::RestoreTables, folder, false),
        Ok(_) => place(ReadinessKind::RestoreTables, live, may_write(live)),
        Err(error) => {
            let failure = Failure {
                code: ErrorCode::SourceUnreachable,
                message: format!("{} can't be looked at: {error}", live.display()),
                hint: "check the path of the database; a restore of everything makes the file".to_owned(),
            };
            ReadinessCheck::unknown(ReadinessKind::RestoreTables, failure, None)
        }
    };
    let tools = ReadinessCheck::not_applicable(ReadinessKind::Tools, None);
    vec![tables, into_folder, tools, room(live, rows_bytes.map(beside).or(size.ok()))]
}

fn place(kind: ReadinessKind, path: &Path, writable: bool) -> ReadinessCheck {
    let fact = ReadinessFact::Place { path: path.display().to_string(), writable };
    let text = format!("let the user that Aitta runs as write to {}", path.display());
    ReadinessCheck::found(kind, writable, fact, [ReadinessRemedy::Hint { text }])
}

/// As the system would answer, without writing.
fn may_write(path: &Path) -> bool {
    rustix::fs::access(path, Access::WRITE_OK).is_ok()
}

fn room(live: &Path, needed_bytes: Option<u64>) -> ReadinessCheck {
    let Some(free) = free_bytes(live) else {
        let failure = Failure {
            code: ErrorCode::System,
            message: format!("the free space beside {} can't be looked up", live.display()),
            hint: "check that the disk is mounted".to_owned(),
        };
        return ReadinessCheck::unknown(ReadinessKind::ServerRoom, failure, None);
    };
    let is_enough = needed_bytes.is_none_or(|needed| free >= needed);
    let fact = ReadinessFact::Room { free_bytes: Some(free), needed_bytes };
    let text = "free some space on this disk, or restore to another one with --to".to_owned();
    ReadinessCheck::found(ReadinessKind::ServerRoom, is_enough, fact, [ReadinessRemedy::Hint { text }])
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use aitta_model::ReadinessState;

    use super::*;

    fn of(live: &Path, rows_bytes: Option<u64>, kind: ReadinessKind) -> ReadinessCheck {
        readiness(live, rows_bytes).into_iter().find(|check| check.kind == kind).unwrap()
    }

    #[test]
    fn a_disk_that_is_smaller_than_the_rows_is_not_ready() {
        let dir = tempfile::tempdir().unwrap();
        let live = dir.path().join("shop.db");
        std::fs::write(&live, [0; 4096]).unwrap();
        let small = of(&live, Some(1000), ReadinessKind::ServerRoom);
        assert!(small.is_ready(), "{small:?}");
        assert!(
            matches!(small.fact, Some(ReadinessFact::Room { needed_bytes: Some(1500), .. })),
            "as much as a restore asks for: {small:?}"
        );
        let huge = of(&live, Some(u64::MAX / 4), ReadinessKind::ServerRoom);
        assert_eq!((huge.state.clone(), huge.remedies.len()), (ReadinessState::Missing, 1), "{huge:?}");
        let never_backed_up = of(&live, None, ReadinessKind::ServerRoom);
        assert!(
            matches!(never_backed_up.fact, Some(ReadinessFact::Room { needed_bytes: Some(4096), .. })),
            "{never_backed_up:?}"
        );
    }

    #[test]
    fn a_file_that_is_gone_is_not_called_ready() {
        let dir = tempfile::tempdir().unwrap();
        let live = dir.path().join("gone.db");
        let tables = of(&live, None, ReadinessKind::RestoreTables);
        let ReadinessState::Unknown { failure } = &tables.state else { panic!("{tables:?}") };
        assert_eq!(failure.code, ErrorCode::SourceUnreachable);
        assert!(of(&live, None, ReadinessKind::RestoreWhole).is_ready(), "the folder is there");
        assert!(!of(&live, None, ReadinessKind::Tools).counts());
        let nowhere = dir.path().join("no/such/folder/gone.db");
        assert_eq!(of(&nowhere, None, ReadinessKind::RestoreWhole).state, ReadinessState::Missing);
        let room = of(&nowhere, None, ReadinessKind::ServerRoom);
        assert!(matches!(room.state, ReadinessState::Unknown { .. }), "{room:?}");
    }
}
