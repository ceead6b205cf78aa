//! Finnish.

use aitta_model::{Guarded, ReasonCode};

use super::Guard;

pub(in crate::texts) const FI: Guard = Guard {
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
        Guarded::Keys => "Avaimen tulostaminen, vaihtaminen ja tuhoaminen",
        Guarded::Mfa => "Toisen tunnisteen muuttaminen",
    },
};
