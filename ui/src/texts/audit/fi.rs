//! Finnish.

use aitta_model::{AuditStage, Operation, Origin};

use super::Audit;
use crate::texts::common::plural;

pub(in crate::texts) const FI: Audit = Audit {
    title: "Tapahtumat",
    lead: "Kuka teki mitä, milloin ja miksi. Jokainen merkintä on ketjutettu edelliseen, joten mitään ei voi muuttaa huomaamatta.",
    intact: |x| format!("Ketju on ehjä merkintään {x}"),
    signed: |x| format!("allekirjoitettu avaimella {x}"),
    unsigned: "allekirjoitusta ei voitu tarkistaa: avain ei ole käsillä",
    anchors: |n| format!("verrattu: {}", plural(n, "varmuuskopio", "varmuuskopiota")),
    broken: |x| format!("Ketju katkeaa merkintään {x}"),
    broken_hint: "Kopioi luettelon tiedosto heti talteen ja vertaa sitä vanhempaan kopioon. Kaikki ennen merkintää on niin kuin se kirjoitettiin.",
    none: "Mitään ei ole vielä merkitty",
    none_hint: "Ensimmäinen toimi aloittaa ketjun.",
    no_match: "Mikään merkintä ei täsmää",
    no_match_hint: "Valitse muut päivät tai kaikki toimet ja käyttäjät.",
    clear: "Näytä kaikki",
    search: "Rajaa merkintöjä",
    any_operation: "Kaikki toimet",
    any_user: "Kaikki käyttäjät",
    operation: "Toiminto",
    user: "Käyttäjä",
    from: "Alkaen",
    to: "Saakka",
    all: |n| plural(n, "merkintä", "merkintää"),
    some: |n, all| format!("{} / {}", crate::plain::number(n), plural(all, "merkintä", "merkintää")),
    entry: "Merkintä",
    when: "Milloin",
    outcome: "Tulos",
    reason: "Syy",
    stage: |stage| match stage {
        AuditStage::Begun => "alkoi",
        AuditStage::Ended => "päättyi",
        AuditStage::Event => "tapahtuma",
    },
    origin_name: |origin| match origin {
        Origin::CommandLine => "komentorivi",
        Origin::Window => "ikkuna",
        Origin::Api => "rajapinta",
        Origin::Schedule => "ajastus",
    },
    operation_name: |operation| {
        Some(match operation {
            Operation::KeyCreate => "Avain tehty",
            Operation::KeyImport => "Avain tuotu",
            Operation::KeyExportKit => "Palautussivu tulostettu",
            Operation::KeyDestroy => "Avain tuhottu",
            Operation::Rotate => "Avaimen vaihto",
            Operation::Copy => "Kopioitu",
            Operation::MfaEnroll => "Toinen tunniste otettu käyttöön",
            Operation::MfaChange => "Toinen tunniste muutettu",
            Operation::MfaRefused => "Toinen tunniste hylätty",
            Operation::Backup
            | Operation::Verify
            | Operation::Restore
            | Operation::Delete
            | Operation::Rebuild
            | Operation::Disown
            | Operation::Cleanup => return None,
        })
    },
    who: "Kuka",
    host: "Kone",
    origin: "Mistä",
    profile: "Profiili",
    archive: "Varmuuskopio",
    tables: "Taulut",
    target: "Kohde",
    failure: "Virhe",
    note: "Huomautus",
    begun: "Alkoi merkinnästä",
    figures: "Luvut",
    hash: "Tiiviste",
    details: |x| format!("Merkintä {x}"),
    close: "Sulje",
    choose: "Valitse merkintä, niin näet sen kokonaan.",
    csv: "CSV",
    json: "JSON",
    export: "Vie",
    report: "Neljännesvuosiraportti",
    quarter: "Neljännes",
    open: "Avaa",
    save: "Tallenna HTML:nä",
    print: "Tulosta",
    saved_to: |x| format!("Tallennettu: {x}"),
};
