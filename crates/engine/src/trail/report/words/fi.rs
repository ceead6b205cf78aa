//! Finnish.

use aitta_model::{ErrorCode, Operation, ReasonCode, RunOutcome};

use super::{Words, number, plural};

pub(super) static FI: Words = Words {
    code: "fi",
    title: |year, quarter| format!("Tapahtumaraportti {quarter}/{year}"),
    heading: |year, quarter| format!("Tapahtumaraportti, vuoden {year} {quarter}. neljännes"),
    span: |first, last, open| format!("{first}–{last}{}", if open { ", tähän asti" } else { "" }),
    made: |when, who, host| format!("Luotu {when}, käyttäjä {who}, kone {host}. Kaikki ajat ovat UTC-aikaa."),
    footer: |version, profile| {
        format!(
            "Aitta {version}. Raportissa ovat tämän luettelon kaikki profiilit; velvoitteet ovat profiilin {profile}. \
             Yksittäiset merkinnät: <code>aitta audit export</code>. Lokin tarkistus: <code>aitta audit verify</code>."
        )
    },
    day: |at| at.strftime("%-d.%-m.%Y").to_string(),
    time: |at| at.strftime("%-d.%-m.%Y %H.%M").to_string(),
    none: "Ei yhtään.",
    empty: "Tapahtumaloki on tyhjä",
    intact: |entry| format!("Tapahtumaloki on ehjä merkintään {} asti", number(entry)),
    broken: |entry| format!("Tapahtumaloki katkeaa merkintään {}", number(entry)),
    fault: |entry, what| format!("Merkintä {} (englanniksi): {what}.", number(entry)),
    fault_too: |entry, what| format!("Myös merkintä {} (englanniksi): {what}.", number(entry)),
    more_faults: |n| format!("Lisäksi {} muuta.", number(n)),
    signed: |entry, key| {
        format!("allekirjoitettu merkintään {} asti avaimella <code>{key}</code>", number(entry))
    },
    unsigned: "allekirjoituksia ei voitu tarkistaa",
    extent: |entries, signed, anchors, proven| {
        format!(
            "{}; {signed}. Lokiin verrattiin {}, joista {} luettiin kopioista itsestään.",
            plural(entries, "merkintä", "merkintää"),
            plural(anchors, "varmuuskopion ankkuri", "varmuuskopion ankkuria"),
            number(proven)
        )
    },
    other_trail: |archives, chain, entry, noted| {
        let noted = if noted { ", kuten luettelon päivitys on merkinnyt" } else { "" };
        format!(
            "{} kuuluu toiseen lokiin, <code>{chain}</code>, joka tunnetaan merkintään {} asti{noted}.",
            plural(archives, "varmuuskopio", "varmuuskopiota"),
            number(entry)
        )
    },
    remark: |remark| format!("Huomautus (englanniksi): {remark}."),
    duties: |overdue| match overdue {
        0 => "Velvoitteet: mikään ei ole myöhässä".to_owned(),
        n => format!("Velvoitteet: myöhässä {n}"),
    },
    duties_head: ["Velvoite", "Näyttö", "Tila"],
    overdue: "myöhässä",
    in_order: "kunnossa",
    proven_every: |days| format!("Todistettu täysi palautus {days} päivän välein"),
    never: "ei koskaan tehty",
    last_on: |day, ago| format!("viimeksi {day}, {ago}"),
    drill: "Palautusharjoitus joka neljännes",
    drill_done: |day| format!("tehty {day}"),
    no_drill: "neljänneksen aikana ei ole tehty täyttä palautusta syyllä ”harjoitus”",
    factor: "Kaksivaiheinen tunnistus käytössä",
    no_factor: "ei käytössä",
    factor_since: |day| format!("alkaen {day}"),
    key_every: |days| format!("Salausavain vaihdettu {days} päivän välein"),
    no_key: "avainta ei ole saatavilla, joten sen ikää ei tiedetä",
    key_since: |key, day, days| format!("avain {key} käytössä alkaen {day}, {}", so_long(days)),
    key_not_yet: |key| format!("avain {key} ei ollut vielä käytössä"),
    ago: |days| format!("{} sitten", so_long(days)),
    contacts: "Kenelle soittaa",
    contacts_head: ["Nimi", "Rooli", "Puhelin", "Sähköposti"],
    counts: "Toiminnot lajin ja käyttäjän mukaan",
    counts_head: ["Toiminto", "Käyttäjä", ">Onnistui", ">Epäonnistui", ">Pysäytettiin", ">Ei päättynyt"],
    restores: "Palautukset",
    restores_head: ["Alkoi", "Käyttäjä", "Kohde ja taulut", "Syy ja varmuuskopio", "Tulos"],
    deletions: "Poistot",
    deletions_head: ["Alkoi", "Käyttäjä", "Mitä", "Syy", "Tulos"],
    keys: "Avaimet ja niiden vaihdot",
    keys_head: ["Alkoi", "Käyttäjä", "Mitä", "Syy", "Tulos"],
    failures: "Epäonnistumiset",
    failures_head: ["Alkoi", "Toiminto", "Profiili", "Käyttäjä", "Virhekoodi"],
    refused: "Hylätyt tunnistukset",
    refused_head: ["Aika", "Käyttäjä", "Mitä", "Profiili"],
    all_tables: "kaikki taulut",
    own_database: "oma tietokanta",
    set_aside: "palautusten sivuun siirtämät tiedot",
    no_end_in_trail: "lokissa ei ole päättymistä",
    no_end: "ei päättynyt",
    entry: |entry| format!("merkintä {}", number(entry)),
    rows: |rows| plural(rows, "rivi", "riviä"),
    no_reason: "ei annettu",
    reason: |code| match code {
        ReasonCode::Routine => "Tavanomainen",
        ReasonCode::Release => "Julkaisu",
        ReasonCode::Incident => "Häiriö",
        ReasonCode::Drill => "Harjoitus",
        ReasonCode::RequestOfDataSubject => "Rekisteröidyn pyyntö",
        ReasonCode::Other => "Muu",
    },
    outcome: |outcome| match outcome {
        RunOutcome::Running => "käynnissä",
        RunOutcome::Succeeded => "onnistui",
        RunOutcome::Failed => "epäonnistui",
        RunOutcome::Cancelled => "pysäytettiin",
    },
    operation: |operation| match operation {
        Operation::Backup => "Varmuuskopio",
        Operation::Verify => "Tarkistus",
        Operation::Restore => "Palautus",
        Operation::Delete => "Poisto",
        Operation::Rebuild => "Luettelon päivitys",
        Operation::Cleanup => "Siivous",
        Operation::Rotate => "Avaimen vaihto",
        Operation::KeyCreate => "Uusi avain",
        Operation::KeyConfirm => "Avaimen käyttöönotto",
        Operation::KeyImport => "Avaimen tuonti",
        Operation::KeyExportKit => "Palautussivun vienti",
        Operation::KeyDestroy => "Avaimen tuhoaminen",
        Operation::MfaEnroll => "Tunnistuksen käyttöönotto",
        Operation::MfaChange => "Tunnistuksen muutos",
        Operation::MfaRefused => "Koodin hylkäys",
        Operation::Copy => "Kopiointi",
        Operation::Disown => "Hylätty kopio",
        Operation::AcceptLoss => "Hyväksytty menetys",
        Operation::Prune => "Säilytysaika",
        Operation::PutBack => "Kopio palautettu luetteloon",
        Operation::Pause => "Ajastus keskeytetty",
        Operation::Tick => "Tarkistuslistan kohta kuitattu",
        Operation::Resume => "Ajastusta jatkettu",
        Operation::Hold => "Kopio lukittu",
        Operation::Release => "Lukitus poistettu",
        Operation::Recover => "Hätäpalautus",
    },
    refusal: |code| match code {
        ErrorCode::MfaWrong => Some("väärä koodi"),
        ErrorCode::MfaLocked => Some("lukittu väärien koodien jälkeen"),
        ErrorCode::MfaRequired => Some("ei koodia"),
        ErrorCode::MfaUnavailable => Some("tunnistus ei käytettävissä"),
        _ => None,
    },
};

fn so_long(days: i64) -> String {
    match days {
        0 => "alle päivä".to_owned(),
        1 => "1 päivä".to_owned(),
        n => format!("{n} päivää"),
    }
}
