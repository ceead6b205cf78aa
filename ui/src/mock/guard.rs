//! Keys and second factor, made up. They change as somebody changes them, until the page is loaded again. What begins
//! with four zeros is always wrong, such as the code `000000`; in `unsafe` no code is accepted.

use std::cell::{Cell, RefCell};

use aitta_model::{
    ChangeMfaRequest, ConfirmKeyRequest, ConfirmMfaRequest, CreateKeyRequest, DestroyKeyRequest, ErrorCode,
    ExportKitRequest, Guarded, ImportKeyRequest, KeyCanary, KeyEntry, KeyRingReport, KeyState, MfaChange,
    MfaChanged, MfaCode, MfaEnrolment, MfaException, MfaStatus, NeededKey, PhaseTiming, RecoveryCodes,
    RecoveryKit, RotateRequest, RotationDirection, RotationReport, RotationStatus, Timestamp,
};
use jiff::ToSpan;

use super::data::{self, ACTIVE, canary, days};
use super::state::{State, failure, state};
use crate::format::now;
use crate::transport::Answer;

const NEW: &str = "c07e91d2a45b3f68";
const OLD: &str = "1b9ce07744d2a6f0";
const GONE: &str = "88d0a1f3c6529e7b";
const ARCHIVES: u64 = 744;

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
    static DISCARDED: Cell<bool> = const { Cell::new(false) };
    static IMPORTED: Cell<bool> = const { Cell::new(false) };
    static NEW_ACTIVE: Cell<bool> = const { Cell::new(false) };
    static ROTATING: Cell<bool> = const { Cell::new(false) };
    static TESTED: Cell<bool> = const { Cell::new(false) };
    static DESTROYED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static ENROLLED: Cell<Option<bool>> = const { Cell::new(None) };
    static GUARDED: RefCell<Vec<Guarded>> = RefCell::new(Guarded::ALL.to_vec());
    static EXCEPTIONS: RefCell<Option<Vec<MfaException>>> = const { RefCell::new(None) };
}

/// What can be looked at of wrong things.
fn is_wrong(typed: &str) -> bool {
    typed.trim().starts_with("0000")
}

fn enrolled() -> bool {
    ENROLLED.get().unwrap_or(!matches!(state(), State::Empty | State::Setup))
}

/// Takes any code but those that are there to be looked at.
pub(super) fn tried(code: Option<&MfaCode>) -> Answer<()> {
    match code {
        Some(_) if state() == State::Unsafe => Err(failure(
            ErrorCode::MfaLocked,
            "no code is accepted for another 4 minutes, after 6 wrong ones",
            "wait; a recovery code is not accepted earlier either",
        )),
        Some(code) if is_wrong(code.expose()) => Err(failure(
            ErrorCode::MfaWrong,
            "the code is not right",
            "check that the clocks of both devices are right, and type the newest code; four tries are left",
        )),
        _ => Ok(()),
    }
}

pub(super) fn check() -> KeyCanary {
    TESTED.set(true);
    KeyCanary { at: now(), archive: Some(data::archives(1).remove(0).id), failure: None }
}

fn key(id: &str, key_state: KeyState, made: i64) -> KeyEntry {
    KeyEntry {
        key_id: id.to_owned(),
        state: key_state,
        created: Some(now() - days(made)),
        retired: None,
        destroyable_from: None,
        destroyed: None,
        archives: Some(0),
        archives_alone: Some(0),
        needed_in: Vec::new(),
        asked: Vec::new(),
    }
}

fn keys() -> Vec<KeyEntry> {
    if matches!(state(), State::Empty | State::Setup) && !NEW_ACTIVE.get() {
        return Vec::new();
    }
    let archives = match state() {
        State::Many => 10_000,
        State::Empty | State::Setup => 0,
        _ => ARCHIVES,
    };
    let mut keys = Vec::new();
    if PENDING.get() || (state() == State::Many && !NEW_ACTIVE.get() && !DISCARDED.get()) {
        keys.push(KeyEntry { asked: kit(NEW).asked, ..key(NEW, KeyState::Pending, 0) });
    }
    if NEW_ACTIVE.get() {
        keys.push(KeyEntry { archives: Some(archives), ..key(NEW, KeyState::Active, 0) });
        if archives == 0 {
            return keys;
        }
        keys.push(KeyEntry {
            retired: Some(now()),
            destroyable_from: Some(now() + days(30)),
            ..key(ACTIVE, KeyState::Retired, 81)
        });
    } else {
        keys.push(KeyEntry {
            archives: Some(archives - 31),
            archives_alone: Some(archives - 31),
            ..key(ACTIVE, KeyState::Active, 81)
        });
    }
    keys.push(KeyEntry {
        retired: Some(now() - days(81)),
        destroyable_from: Some(now() + days(9)),
        archives: Some(31),
        archives_alone: Some(31),
        needed_in: vec!["/mnt/backup/aitta".to_owned()],
        ..key(OLD, KeyState::Retired, 172)
    });
    let count = if state() == State::Many { 24 } else { 1 };
    keys.extend((0..count).map(|i| {
        let id = if i == 0 { GONE.to_owned() } else { format!("{:016x}", 0x88d0_a1f3_c652_0000_u64 + i) };
        KeyEntry {
            retired: Some(now() - days(172)),
            destroyable_from: Some(now() - days(82)),
            ..key(&id, KeyState::Retired, 263)
        }
    }));
    DESTROYED.with_borrow(|gone| {
        for key in keys.iter_mut().filter(|k| gone.contains(&k.key_id)) {
            key.state = KeyState::Destroyed;
            key.destroyed = Some(now());
        }
    });
    keys.push(KeyEntry {
        retired: Some(now() - days(263)),
        destroyed: Some(now() - days(170)),
        archives: None,
        archives_alone: None,
        ..key("e3107fb2c98d4450", KeyState::Destroyed, 355)
    });
    keys
}

pub(super) fn ring() -> KeyRingReport {
    let in_danger = state() == State::Unsafe;
    let keys = keys();
    let none = !keys.iter().any(|k| k.state == KeyState::Active);
    KeyRingReport {
        kept: if in_danger { "environment" } else { "keychain" }.to_owned(),
        overrides: in_danger.then(|| "the active key of the keychain, 1b9ce07744d2a6f0".to_owned()),
        due: match () {
            () if none => None,
            () if NEW_ACTIVE.get() => Some(now() + days(90)),
            () => Some(now() + days(if in_danger { -12 } else { 9 })),
        },
        overdue: in_danger && !NEW_ACTIVE.get(),
        canary: if none || (in_danger && !TESTED.get()) {
            None
        } else {
            Some(if TESTED.get() { check() } else { canary() })
        },
        unseen: Vec::new(),
        missing: (in_danger && !IMPORTED.get()).then(|| missing(7)).into_iter().collect(),
        rotation: (in_danger || ROTATING.get()).then(|| RotationStatus {
            from: OLD.to_owned(),
            to: ACTIVE.to_owned(),
            started: now() - 50.minutes(),
            reencrypt: false,
            begun: true,
            direction: RotationDirection::Forward,
            done: 312,
            archives: ARCHIVES,
            running: false,
        }),
        keys,
    }
}

/// A key that archives need, and that is not there.
pub(super) fn missing(archives: u64) -> NeededKey {
    NeededKey { key_id: "4e7d7c08a1b2c3d4".to_owned(), archives, newest: now() - 5.hours() }
}

/// The groups of the made-up key, each with its check digit.
fn groups() -> Vec<String> {
    (0..16).map(|i| format!("{:02x}{:02x}-{:x}", i * 17, (i * 17 + 9) % 256, (i * 7 + 3) % 16)).collect()
}

/// A picture like a QR code; it holds nothing.
fn qr() -> String {
    let mut squares = String::new();
    for y in 0..29_u32 {
        for x in 0..29_u32 {
            let eye = |cx: u32, cy: u32| {
                let (dx, dy) = (x.abs_diff(cx + 3), y.abs_diff(cy + 3));
                (dx.max(dy) <= 3).then(|| dx.max(dy) != 2)
            };
            let dark = eye(0, 0).or_else(|| eye(22, 0)).or_else(|| eye(0, 22));
            let dark = dark.unwrap_or((x * 7 + y * 13 + x * y * 3) % 5 < 2);
            if dark {
                squares.push_str(&format!("M{x} {y}h1v1h-1z"));
            }
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-2 -2 33 33\"><rect x=\"-2\" y=\"-2\" width=\"33\" \
         height=\"33\" fill=\"#fff\"/><path d=\"{squares}\" fill=\"#000\"/></svg>"
    )
}

fn kit(key_id: &str) -> RecoveryKit {
    let groups = groups();
    let text = format!("Aitta recovery kit\n\nKey {key_id}\n\n{}\n", groups.join("  "));
    RecoveryKit {
        key_id: key_id.to_owned(),
        created: now(),
        asked: vec![3, 11],
        qr_svg: qr(),
        html: format!("<!doctype html><title>Aitta</title><pre>{text}</pre>{}", qr()),
        text,
        groups,
    }
}

pub(super) fn new_key(request: CreateKeyRequest) -> Answer<RecoveryKit> {
    let CreateKeyRequest { reason: _, mfa } = request;
    tried(mfa.as_ref())?;
    PENDING.set(true);
    Ok(kit(NEW))
}

pub(super) fn discard() {
    PENDING.set(false);
    DISCARDED.set(true);
}

pub(super) fn confirm(request: &ConfirmKeyRequest) -> Answer<KeyRingReport> {
    let ConfirmKeyRequest { key_id: _, typed, mfa: _ } = request;
    if typed.expose().iter().any(|group| is_wrong(group)) {
        return Err(failure(
            ErrorCode::KeyInvalid,
            "the groups are not those of the recovery kit",
            "compare your copy with the kit, and type groups 3 and 11 again",
        ));
    }
    PENDING.set(false);
    NEW_ACTIVE.set(true);
    Ok(ring())
}

pub(super) fn import(request: &ImportKeyRequest) -> Answer<KeyRingReport> {
    let ImportKeyRequest { key, reason: _, mfa } = request;
    tried(mfa.as_ref())?;
    if is_wrong(key.expose()) {
        return Err(failure(
            ErrorCode::KeyInvalid,
            "this is no key: group 4 has a wrong check digit",
            "compare group 4 with the recovery kit",
        ));
    }
    IMPORTED.set(true);
    Ok(ring())
}

pub(super) fn export_kit(request: ExportKitRequest) -> Answer<RecoveryKit> {
    let ExportKitRequest { key_id, reason: _, mfa } = request;
    tried(mfa.as_ref())?;
    Ok(kit(key_id.as_deref().unwrap_or(ACTIVE)))
}

pub(super) fn destroy(request: DestroyKeyRequest) -> Answer<KeyRingReport> {
    let DestroyKeyRequest { key_id, reason: _, mfa, gone: _ } = request;
    tried(mfa.as_ref())?;
    DESTROYED.with_borrow_mut(|gone| gone.push(key_id));
    Ok(ring())
}

pub(super) fn rotating(is: bool) {
    ROTATING.set(is);
}

pub(super) fn rotated(request: &RotateRequest) -> RotationReport {
    let RotateRequest { direction, reencrypt, reason: _, mfa: _ } = request;
    let back = *direction == RotationDirection::Back;
    if back {
        NEW_ACTIVE.set(false);
    }
    let bytes = 306_000_000_000;
    RotationReport {
        from: vec![if back { NEW } else { ACTIVE }.to_owned()],
        to: if back { ACTIVE } else { NEW }.to_owned(),
        moved: ARCHIVES - 12,
        unchanged: 12,
        opened: ARCHIVES,
        unreadable: vec![(data::archives(8).remove(7).id, data::damaged("backup-1795593600000-0bad0bad"))],
        written_bytes: if *reencrypt { bytes } else { (ARCHIVES - 12) * 4096 },
        archive_bytes: bytes,
        destroyable_from: Some(now() + days(30)),
        duration_ms: 8_300,
        phases: vec![PhaseTiming { name: "rewrapping".to_owned(), duration_ms: 8_300 }],
        notes: Vec::new(),
    }
}

fn exceptions() -> Vec<MfaException> {
    EXCEPTIONS.with_borrow_mut(|kept| {
        kept.get_or_insert_with(|| {
            vec![MfaException {
                name: "nightly-drill".to_owned(),
                profile: "kiiltoloisto".to_owned(),
                operations: vec![Guarded::Restore],
                created: now() - days(20),
                expires: now() + days(70),
                last_used: Some(now() - 14.hours()),
            }]
        })
        .clone()
    })
}

pub(super) fn status() -> MfaStatus {
    let in_danger = state() == State::Unsafe;
    let on = enrolled();
    MfaStatus {
        enrolled: on.then(|| now() - days(140)),
        kept: "keychain".to_owned(),
        recovery_codes_left: match (on, in_danger) {
            (false, _) => 0,
            (_, true) => 2,
            _ => 9,
        },
        failures: if in_danger { 6 } else { 0 },
        locked_until: (in_danger && on).then(|| now() + 4.minutes()),
        required: state() == State::Setup,
        guarded: GUARDED.with_borrow(Clone::clone),
        exceptions: if on { exceptions() } else { Vec::new() },
    }
}

pub(super) fn enrolment() -> MfaEnrolment {
    MfaEnrolment {
        secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(),
        uri: "otpauth://totp/Aitta:aino?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Aitta".to_owned(),
        qr_svg: qr(),
        qr_text: String::new(),
    }
}

fn codes() -> RecoveryCodes {
    let codes = (0..10_u32).map(|i| format!("K7F{i}-2Q9X-44D{}-U6HR", (i * 7 + 3) % 10));
    RecoveryCodes { codes: codes.collect() }
}

pub(super) fn enrol(request: ConfirmMfaRequest) -> Answer<RecoveryCodes> {
    let ConfirmMfaRequest { code, mfa, reason: _ } = request;
    tried(mfa.as_ref())?;
    if is_wrong(code.expose()) {
        return Err(failure(
            ErrorCode::MfaWrong,
            "the code is not that of this secret",
            "scan the code again, and type what the app shows now",
        ));
    }
    ENROLLED.set(Some(true));
    Ok(codes())
}

pub(super) fn change(request: ChangeMfaRequest) -> Answer<MfaChanged> {
    let ChangeMfaRequest { change, mfa, reason: _ } = request;
    tried(mfa.as_ref())?;
    let (mut new_codes, mut token) = (None, None);
    match change {
        MfaChange::Remove => ENROLLED.set(Some(false)),
        MfaChange::NewCodes => new_codes = Some(codes()),
        MfaChange::AddException { name, profile, operations, days: n } => {
            let mut all = exceptions();
            let expires: Timestamp = now() + days(i64::from(n));
            all.push(MfaException { name, profile, operations, created: now(), expires, last_used: None });
            EXCEPTIONS.set(Some(all));
            token = Some("aitta-x-9c2fd10b7e884a53b6e1".to_owned());
        }
        MfaChange::RemoveException { name } => {
            let mut all = exceptions();
            all.retain(|e| e.name != name);
            EXCEPTIONS.set(Some(all));
        }
        MfaChange::Policy { guarded, .. } => GUARDED.set(guarded),
    }
    Ok(MfaChanged { status: status(), codes: new_codes, token })
}
