//! Finnish.

use super::Machine;
use crate::texts::common::plural;

fn backups(n: u64) -> String {
    plural(n, "varmuuskopio", "varmuuskopiota")
}

pub(in crate::texts) const FI: Machine = Machine {
    restore: "Palauta uudelle koneelle",
    restore_words: "Varmuuskopioista ja palautussivusta. Vanhaa konetta tai sen tietokantaa ei tarvita.",
    steps: "Vaiheet",
    step_names: ["Tallennuspaikka", "Palautussivu"],
    store: "Missä varmuuskopiot ovat?",
    store_words: "Aitta vain lukee: mitään ei kirjoiteta eikä muuteta.",
    look: "Etsi varmuuskopiot",
    looking: "Etsitään varmuuskopioita…",
    found: |n| format!("Löytyi {}", backups(n)),
    none_in_folder: "Tässä kansiossa ei ole varmuuskopioita. Tarkista polku.",
    none_in_cloud: "Tässä paikassa ei ole varmuuskopioita. Tarkista sen nimi ja etuliite.",
    kit: "Avaa varmuuskopiot palautussivulla",
    kit_words: "Varmuuskopiot on salattu. Palautussivu tulostettiin tai tallennettiin, kun avain luotiin.",
    ready: "Löytyneet varmuuskopiot",
    reason: "palautus uudelle koneelle",
    name: "Profiilin nimi",
    name_hint: "Otettu varmuuskopioista. Voit muuttaa sitä.",
    name_missing: "Anna profiilille nimi.",
    no_database_yet: "Palvelin, jolle palautetaan, valitaan seuraavaksi. Uusia varmuuskopioita ei tehdä ennen kuin asetuksissa on tietokanta.",
    go: "Valitse palautettava",
    backups: "Varmuuskopiot",
    newest: "Uusin",
    databases: "Tietokanta",
    databases_unknown: "ei tiedossa: varmuuskopioiden tietoja ei voi lukea",
    opens: |key, n| format!("Avain {key} avaa: {}", backups(n)),
    needs: |key, n| format!("{} tarvitsee avaimen {key}", backups(n)),
    unclear: |n| format!("{}, joiden avain ei selviä: vioittunut tai muun kuin Aitan tekemä", backups(n)),
    opened_all: "Kaikki varmuuskopiot aukeavat",
    import: "Tuo palautussivu",
    importing: "Avataan varmuuskopioita…",
    first: "Tuo ensin näiden varmuuskopioiden avain",
    first_words: |n| {
        format!(
            "Valitsemassasi paikassa on jo {}, {} mikään tämän koneen avain ei avaa. Kun tuot palautussivun, sama avain avaa vanhat ja uudet varmuuskopiot.",
            backups(n),
            if n == 1 { "jota" } else { "joita" }
        )
    },
    first_reason: "tallennuspaikassa on jo varmuuskopioita",
    with_new: "Jatka uudella avaimella",
    with_present: "Jatka nykyisellä avaimella",
    without_words: |n| {
        format!(
            "Ilman palautussivua {} jää avaamatta. {} paikallaan, ja voit tuoda palautussivun myöhemmin Avaimet-sivulla.",
            backups(n),
            if n == 1 { "Se säilyy" } else { "Ne säilyvät" }
        )
    },
    missing: "Puuttuvat avaimet, joita varmuuskopiot tarvitsevat",
    missing_words: "Mikään tämän koneen avain ei avaa näitä varmuuskopioita. Tunnukset ovat varmuuskopioiden omia tietoja.",
    import_kit: "Tuo palautussivu…",
    import_title: |key| format!("Tuo avaimen {key} palautussivu"),
    interrupted_some_closed: |done, all| {
        format!(
            "{} / {} varmuuskopiota käyttää uutta avainta. Osa muista ei aukea: niiden avain puuttuu (ks. Avaimet).",
            crate::plain::number(done),
            crate::plain::number(all)
        )
    },
    not_begun_some_closed: |left, all| {
        format!(
            "{} / {} varmuuskopiota ei vielä käytä uutta avainta. Osa muista ei aukea: niiden avain puuttuu (ks. Avaimet).",
            crate::plain::number(left),
            crate::plain::number(all)
        )
    },
    no_database: "Tietokantaa ei ole vielä määritetty.",
    no_database_words: |n| {
        format!(
            "Tallennuspaikassa on {}. Palauta tietokantaan ja määritä se sitten asetuksissa: uusia varmuuskopioita ei tehdä ennen sitä.",
            backups(n)
        )
    },
    no_database_tile: "ei tietokantaa",
    set_database: "Määritä tietokanta…",
    restored_here: "Profiililla ei ole vielä tietokantaa, joten palautetusta ei tehdä varmuuskopioita. Määritä tietokanta, jotta se suojataan.",
    pending: |key| format!("Uutta avainta {key} ei ole vielä vahvistettu"),
    pending_words: "Avain otetaan käyttöön vasta, kun vahvistat palautussivusi. Aiemmin tulostamasi sivu kelpaa edelleen.",
    go_on: "Jatka",
    confirm: |key| format!("Vahvista avaimen {key} palautussivu"),
    confirm_words: "Kirjoita ryhmät tulostetusta tai tallennetusta sivusta. Sen jälkeen varmuuskopiot siirretään uudelle avaimelle.",
    confirm_first: "Kirjoita ryhmät tulostetusta tai tallennetusta sivusta. Sen jälkeen avainta käytetään uusiin varmuuskopioihin.",
    lost_copy: "Eikö sivua ole käsillä?",
};
