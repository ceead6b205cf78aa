//! Finnish.

use aitta_model::{AuditStage, Operation, Origin};

use super::Audit;
use crate::texts::common::plural;

pub(in crate::texts) const FI: Audit = Audit {
    title: "Tapahtumat",
    lead: "Kuka teki mitä, milloin ja miksi. Jokainen merkintä on ketjutettu edelliseen, joten muutos ei jää huomaamatta.",
    intact: |x| format!("Ketju on ehjä merkintään {x}"),
    signed: |x| format!("allekirjoitettu avaimella {x}"),
    unsigned: "allekirjoitusta ei tarkistettu: avain ei ole saatavilla",
    anchors: |n| format!("verrattu {}\u{a0}varmuuskopioon", crate::plain::number(n)),
    broken: |x| format!("Ketju katkeaa merkintään {x}"),
    broken_hint: "Kopioi luettelotiedosto heti turvalliseen paikkaan ja vertaa sitä vanhempaan kopioon. Ennen tätä merkintää kaikki on niin kuin se kirjoitettiin.",
    none: "Ei vielä merkintöjä",
    none_hint: "Ensimmäinen toiminto aloittaa ketjun.",
    no_match: "Ei hakutuloksia",
    no_match_hint: "Valitse muut päivät tai kaikki toiminnot ja käyttäjät.",
    clear: "Näytä kaikki",
    search: "Suodata merkintöjä",
    any_operation: "Kaikki toiminnot",
    any_user: "Kaikki käyttäjät",
    operation: "Toiminto",
    user: "Käyttäjä",
    from: "Alkaen",
    to: "Päättyen",
    all: |n| plural(n, "merkintä", "merkintää"),
    some: |n, all| format!("{} / {}", crate::plain::number(n), plural(all, "merkintä", "merkintää")),
    entry: "Merkintä",
    when: "Aika",
    ended: "Päättyi",
    about: "Mitä",
    backup_of: |when| format!("kopio {when}"),
    all_tables: "kaikki taulut",
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
            Operation::KeyCreate => "Avain luotu",
            Operation::KeyConfirm => "Avain otettu käyttöön",
            Operation::KeyImport => "Avain tuotu",
            Operation::KeyExportKit => "Palautussivu viety",
            Operation::KeyDestroy => "Avain tuhottu",
            Operation::Rotate => "Avaimen vaihto",
            Operation::Copy => "Kopiointi",
            Operation::MfaEnroll => "Tunnistus käyttöön",
            Operation::MfaChange => "Tunnistus muutettu",
            Operation::MfaRefused => "Koodi hylätty",
            Operation::Backup
            | Operation::Verify
            | Operation::Restore
            | Operation::Delete
            | Operation::Rebuild
            | Operation::Disown
            | Operation::AcceptLoss
            | Operation::Prune
            | Operation::PutBack
            | Operation::Pause
            | Operation::Resume
            | Operation::Tick
            | Operation::Hold
            | Operation::Release
            | Operation::Recover
            | Operation::Cleanup => return None,
        })
    },
    refusal: |code| {
        Some(match code {
            "mfa_wrong" => "Väärä koodi",
            "mfa_locked" => "Lukittu",
            "mfa_required" => "Koodi puuttuu",
            "mfa_unavailable" => "Tunnistus ei käytettävissä",
            _ => return None,
        })
    },
    who: "Kuka",
    host: "Kone",
    origin: "Käyttöliittymä",
    profile: "Profiili",
    archive: "Varmuuskopio",
    tables: "Taulut",
    target: "Kohde",
    failure: "Virhe",
    note: "Huomautus",
    begun: "Alkoi merkinnässä",
    figures: "Lisätiedot",
    figure: |name| {
        Some(match name {
            "rows" => "rivejä",
            "tables" => "tauluja",
            "size_bytes" => "koko",
            "duration_ms" => "kesto",
            "read_bytes" => "luettu",
            "whole" => "koko tietokanta",
            "freed_bytes" => "vapautunut",
            "archives" => "varmuuskopioita",
            "moved" => "siirretty",
            "opened" => "avattu",
            "written_bytes" => "kirjoitettu",
            _ => return None,
        })
    },
    hash: "Tiiviste",
    details: |x| format!("Merkintä {x}"),
    details_of_two: |a, b| format!("Merkinnät {a} ja {b}"),
    close: "Sulje",
    csv: "CSV",
    json: "JSON",
    export: "Vie",
    report: "Neljännesvuosiraportti",
    quarter: "Neljännes",
    save: "Tallenna HTML:nä",
    print: "Tulosta",
    saved_to: |x| format!("Tallennettu: {x}"),
};
