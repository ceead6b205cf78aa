//! Finnish.

use aitta_model::{Guarded, ReasonCode};

use super::Guard;

pub(in crate::texts) const FI: Guard = Guard {
    reason: "Syy",
    reason_kind: "Syyn tyyppi",
    reason_hint: "Kirjataan tapahtumalokiin. ”Muu” vaatii selityksen.",
    reason_example: "Lisää selitys",
    code_name: |code| match code {
        ReasonCode::Routine => "Tavanomainen",
        ReasonCode::Release => "Julkaisu",
        ReasonCode::Incident => "Häiriö",
        ReasonCode::Drill => "Harjoitus",
        ReasonCode::RequestOfDataSubject => "Rekisteröidyn pyyntö",
        ReasonCode::Other => "Muu",
    },
    code: "Vahvistuskoodi",
    code_hint: "6-numeroinen koodi tunnistussovelluksesta tai palautuskoodi.",
    code_missing: "Anna vahvistuskoodi.",
    locked_until: |x| format!("Liian monta väärää koodia. Yritä uudelleen {x} jälkeen."),
    not_set_up: "Tämä profiili vaatii tähän kaksivaiheisen tunnistuksen, jota ei ole otettu käyttöön.",
    set_up: "Ota kaksivaiheinen tunnistus käyttöön",
    guarded: |what| match what {
        Guarded::Restore => "Palautus olemassa olevaan tietokantaan",
        Guarded::Delete => "Varmuuskopioiden poistaminen",
        Guarded::Keys => "Avainten vieminen, vaihtaminen ja tuhoaminen",
        Guarded::Mfa => "Kaksivaiheisen tunnistuksen muuttaminen",
    },
};
