//! Finnish.

use aitta_model::ReadinessKind;

use super::Readiness;
use crate::texts::common::ended;

pub(in crate::texts) const FI: Readiness = Readiness {
    title: "Valmius",
    ready: |ready, counted| format!("{ready} / {counted} kunnossa"),
    all: "Kaikki kohdat",
    checking: "Tarkistetaan palautuksen edellytyksiä…",
    name: |kind| match kind {
        ReadinessKind::RestoreTables => "Yksittäisten taulujen palautus paikalleen",
        ReadinessKind::RestoreWhole => "Koko tietokannan palautus paikalleen",
        ReadinessKind::ForeignCode => "Muiden kirjoittama koodi",
        ReadinessKind::Tools => "PostgreSQL:n asiakastyökalut",
        ReadinessKind::ServerRoom => "Tila palautusta varten",
        ReadinessKind::StoreRoom => "Levytila varmuuskopioille",
        ReadinessKind::Newest => "Uusin varmuuskopio",
        ReadinessKind::Keys => "Salausavaimet",
        ReadinessKind::Kit => "Palautussivu",
        ReadinessKind::SecondFactor => "Kaksivaiheinen tunnistus",
        ReadinessKind::Copies => "Kopio muualla",
        ReadinessKind::Proven => "Täyden palautuksen todistus",
    },
    is_ready: "Kunnossa",
    is_missing: "Puuttuu",
    is_unknown: "Ei tiedossa",
    is_nothing: "Ei lasketa",
    tables_can: |user| format!("{user} voi korvata kaikki taulut."),
    tables_cannot: |user| {
        format!("{user} ei voi ohittaa triggereitä, joten yksittäisiä tauluja ei voi palauttaa paikalleen.")
    },
    tables_lacking: |user, n, names| {
        format!(
            "Käyttäjältä {user} puuttuu oikeuksia, {}: {names}.",
            super::super::common::plural(n, "taulu tai sekvenssi", "taulua ja sekvenssiä")
        )
    },
    database_can: |user, database| {
        format!("{user} voi luoda tietokannan ja nimetä tietokannan {database} uudelleen.")
    },
    creates_not: |user| format!("{user} ei voi luoda tietokantoja."),
    renames_not: |user, database| {
        format!("{user} ei omista tietokantaa {database} eikä voi nimetä sitä uudelleen.")
    },
    code_none: |user| format!("Palautus käyttäjänä {user} ei aja mitään muiden kirjoittamaa."),
    code_harmless: |user, n| {
        format!(
            "Palautus käyttäjänä {user} voi ajaa muiden kirjoittamaa koodia ({n} kpl), mutta vain tietokannan omistajan oikeuksin."
        )
    },
    code_asks: |user, code| {
        format!(
            "Palautus käyttäjänä {user} pysähtyy kysymään, koska se voisi ajaa muiden kirjoittamaa koodia laajemmin oikeuksin kuin heillä on: {code}."
        )
    },
    writable: |path| format!("Kohteeseen {path} voi kirjoittaa."),
    not_writable: |path| format!("Kohteeseen {path} ei voi kirjoittaa."),
    tools_found: |found, server| format!("Versio {found}, palvelimen versio {server}."),
    tools_missing: |server| {
        format!(
            "Ohjelmia pg_dump ja pg_restore (versio {server} tai uudempi) ei löytynyt. Asenna asiakastyökalut (Debian ja Ubuntu: postgresql-client-{server})."
        )
    },
    free: |bytes| format!("vapaana {bytes}"),
    restore_takes: |bytes| format!("palautus vie noin {bytes}"),
    archive_takes: |bytes| format!("uusin varmuuskopio vie {bytes}"),
    room_unseen: "palvelimen vapaata tilaa ei voi nähdä täältä",
    newest_there: "Tallessa, eikä sitä ole todettu vioittuneeksi.",
    newest_damaged: |id| format!("{id} on vioittunut."),
    newest_too_old: "Tallessa, mutta vanhempi kuin tavoite (RPO) sallii.",
    newest_others: |n| {
        match n {
        1 => "Tästä tietokannasta ei ole varmuuskopiota. Tallennuspaikassa on yksi toisen tietokannan varmuuskopio."
            .to_owned(),
        n => format!(
            "Tästä tietokannasta ei ole varmuuskopiota. Tallennuspaikassa on {n} varmuuskopiota muista tietokannoista."
        ),
    }
    },
    newest_changed: |id| format!("{id} ei ole sellainen kuin se tehtiin: sen koko on muuttunut."),
    newest_gone: |id| format!("{id} ei ole enää tallennuspaikassa."),
    no_key: "Avainta ei vielä ole.",
    keys_open: |n| match n {
        0 => "Avain on tallessa; varmuuskopioita ei vielä ole.".to_owned(),
        1 => "Avaimet avaavat ainoan varmuuskopion.".to_owned(),
        n => format!("Avaimet avaavat kaikki {} varmuuskopiota.", crate::plain::number(n)),
    },
    keys_closed: |closed, all, keys| {
        format!(
            "{} / {} varmuuskopiota ei aukea millään avaimella. Ne vaativat avaimen {keys}.",
            crate::plain::number(closed),
            crate::plain::number(all)
        )
    },
    kit_confirmed: "Avaimen palautussivu on vahvistettu.",
    kit_pending: |key| format!("Avaimen {key} palautussivua ei ole vahvistettu."),
    kit_environment: "Avain tulee ympäristömuuttujasta. Sen asettaja vastaa kopioista.",
    factor_since: |day| ended(&format!("Käytössä alkaen {day}")),
    factor_none: "Palautuksia ja poistoja ei ole suojattu kaksivaiheisella tunnistuksella.",
    copies_none: "Lisätallennuspaikkaa ei ole.",
    copies_hold: |n| {
        if n == 1 {
            "Uusin varmuuskopio on myös toisessa tallennuspaikassa.".to_owned()
        } else {
            format!("Uusin varmuuskopio on myös {n} muussa tallennuspaikassa.")
        }
    },
    copies_behind: |places| format!("Uusin varmuuskopio puuttuu: {places}."),
    no_backup: "Varmuuskopiota ei vielä ole.",
    proven_on: |day| ended(&format!("Viimeksi todistettu {day}")),
    proven_long_ago: |day| format!("Viimeksi todistettu {day}, yli 30 päivää sitten. Tee uusi koepalautus."),
    proven_never: "Koko tietokannan palautusta ei ole vielä todistettu.",
    superuser_runs: "Pääkäyttäjä (superuser) voi ajaa:",
    copy: "Kopioi",
    help: |kind| match kind {
        ReadinessKind::RestoreTables => {
            "Ennen PostgreSQL 15:tä vain pääkäyttäjä voi. Palauta pääkäyttäjänä tai erilliseen skeemaan."
        }
        ReadinessKind::ForeignCode => "Tai salli se, kun palautus kysyy, jos luotat koodin kirjoittajaan.",
        ReadinessKind::ServerRoom => "Vapauta tilaa tai palauta muualle.",
        ReadinessKind::StoreRoom => "Vapauta tilaa tai poista tarpeettomia varmuuskopioita.",
        ReadinessKind::Newest => "Varmuuskopioi nyt, ja selvitä, mitä sille tapahtui.",
        ReadinessKind::Copies => {
            "Lisää sellainen asetustiedostoon nimellä ”copies”. Jokainen varmuuskopio kopioidaan sitten sinne."
        }
        ReadinessKind::RestoreWhole
        | ReadinessKind::Tools
        | ReadinessKind::Keys
        | ReadinessKind::Kit
        | ReadinessKind::SecondFactor
        | ReadinessKind::Proven => "",
    },
    set_up: "Ota käyttöön",
    open_keys: "Avaa avaimet",
    open_settings: "Näytä roolit asetuksissa",
    prove: "Tee koepalautus…",
    in_terminal: "Päätteessä:",
    backups_work: "Varmuuskopiointi toimii. Palautuksesta puuttuu vielä:",
};
