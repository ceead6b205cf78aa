//! Words of reasons and codes, wherever they are asked for.

use aitta_model::{Guarded, ReasonCode};

pub(crate) struct Guard {
    pub(crate) reason: &'static str,
    pub(crate) reason_kind: &'static str,
    pub(crate) reason_hint: &'static str,
    pub(crate) reason_example: &'static str,
    pub(crate) code_name: fn(ReasonCode) -> &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_hint: &'static str,
    pub(crate) code_missing: &'static str,
    pub(crate) locked_until: fn(&str) -> String,
    pub(crate) not_set_up: &'static str,
    pub(crate) set_up: &'static str,
    pub(crate) guarded: fn(Guarded) -> &'static str,
}

pub(super) const EN: Guard = Guard {
    reason: "Why?",
    reason_kind: "Kind of reason",
    reason_hint: "It is recorded in the audit trail. “Other” needs words.",
    reason_example: "in a few words",
    code_name: |code| match code {
        ReasonCode::Routine => "Routine",
        ReasonCode::Release => "Release",
        ReasonCode::Incident => "Incident",
        ReasonCode::Drill => "Drill",
        ReasonCode::RequestOfDataSubject => "Request of a data subject",
        ReasonCode::Other => "Other",
    },
    code: "Code of your second factor",
    code_hint: "Six digits from your authenticator. Without it, a recovery code.",
    code_missing: "Type the code of your second factor.",
    locked_until: |x| format!("Too many wrong codes: none is accepted before {x}."),
    not_set_up: "This profile asks for a second factor here, and none is set up.",
    set_up: "Set it up first",
    guarded: |what| match what {
        Guarded::Restore => "Restore into a database that exists",
        Guarded::Delete => "Deleting backups",
        Guarded::Keys => "Destroying a key, printing its kit",
        Guarded::Mfa => "Changing the second factor",
    },
};

pub(super) const FI: Guard = Guard {
    reason: "Miksi?",
    reason_kind: "Syyn laji",
    reason_hint: "Se jää tapahtumaketjuun. ”Muu” vaatii selityksen.",
    reason_example: "muutamalla sanalla",
    code_name: |code| match code {
        ReasonCode::Routine => "Tavanomainen",
        ReasonCode::Release => "Julkaisu",
        ReasonCode::Incident => "Häiriö",
        ReasonCode::Drill => "Harjoitus",
        ReasonCode::RequestOfDataSubject => "Rekisteröidyn pyyntö",
        ReasonCode::Other => "Muu",
    },
    code: "Toisen tunnisteen koodi",
    code_hint: "Kuusi numeroa tunnistussovelluksesta. Ilman sitä palautuskoodi.",
    code_missing: "Anna toisen tunnisteen koodi.",
    locked_until: |x| format!("Liian monta väärää koodia: yhtäkään ei hyväksytä ennen {x}."),
    not_set_up: "Tämä profiili vaatii tässä toisen tunnisteen, eikä sitä ole otettu käyttöön.",
    set_up: "Ota se ensin käyttöön",
    guarded: |what| match what {
        Guarded::Restore => "Palautus olemassa olevaan tietokantaan",
        Guarded::Delete => "Varmuuskopioiden poistaminen",
        Guarded::Keys => "Avaimen tuhoaminen ja tulostaminen",
        Guarded::Mfa => "Toisen tunnisteen muuttaminen",
    },
};
