//! Finnish.

use aitta_model::{Family, Verdict};

use super::{KeyDuty, Words, Work, number};

pub(super) static FI: Words = Words {
    code: "fi",
    open: "Avaa Aitta",
    back_up: "Varmuuskopioi nyt",
    quit: "Lopeta",
    not_set_up: "Ei otettu käyttöön",
    nothing_known: "Tila ei tiedossa: luetteloa ei voi lukea",
    at_work: |work| match work {
        Work::Backup => "Varmuuskopioidaan",
        Work::Restore => "Palautetaan",
        Work::Proof => "Tehdään koepalautusta",
        Work::Rotation => "Vaihdetaan avainta",
    },
    succeeded: |work| match work {
        Work::Backup => "Varmuuskopiointi onnistui",
        Work::Restore => "Palautus onnistui",
        Work::Proof => "Koepalautus onnistui",
        Work::Rotation => "Avaimen vaihto onnistui",
    },
    failed: |work| match work {
        Work::Backup => "Varmuuskopiointi epäonnistui",
        Work::Restore => "Palautus epäonnistui",
        Work::Proof => "Koepalautus epäonnistui",
        Work::Rotation => "Avaimen vaihto epäonnistui",
    },
    read_back: |rows, sampled| {
        let how =
            if sampled { "otos luettu takaisin ja tarkistettu" } else { "luettu takaisin ja tarkistettu" };
        match rows {
            None => format!("Varmuuskopio: {how}"),
            Some(1) => format!("1 rivi, {how}"),
            Some(rows) => format!("{}\u{a0}riviä, {how}", number(rows)),
        }
    },
    all_equal: "Kaikki taulut täsmäävät varmuuskopioon.",
    copy_equal: "Palautetun kopion kaikki taulut täsmäävät varmuuskopioon.",
    opens: "Kaikki varmuuskopiot aukeavat uudella avaimella.",
    some_closed: "Kesken: kaikkia varmuuskopioita ei voitu siirtää uudelle avaimelle.",
    in_short: |code| match code.family() {
        Family::Configuration => "Jokin asetus tai annettu tieto ei kelpaa. Katso lisää Aitasta.",
        Family::Key => "Salausavainta ei voi käyttää. Katso syy Aitasta.",
        Family::Archive => "Varmuuskopiota ei voi käyttää. Katso lisää Aitasta.",
        Family::Store => "Tallennuspaikkaa ei voi käyttää. Katso syy Aitasta.",
        Family::Database => "Tietokantaa ei voi käyttää. Katso syy Aitasta.",
        Family::Target => "Varmuuskopio ei sovi kohteeseen. Katso syy Aitasta.",
        Family::AnotherRun => "Toinen ajo on käynnissä.",
        Family::SecondFactor => "Vahvistuskoodi puuttuu tai on väärä.",
        Family::Reason => "Syy puuttuu.",
        Family::AuditTrail => "Tapahtumalokiin ei voi luottaa. Katso syy Aitasta.",
        Family::Stopped => "Pysäytetty pyynnöstä.",
        Family::Other => "Jokin epäonnistui tällä tietokoneella. Katso lisää Aitasta.",
    },
    verdict: |verdict| match verdict {
        Verdict::Safe => "Turvassa".to_owned(),
        Verdict::NeverRestored => "Varmuuskopioitu, palautusta ei ole kokeiltu".to_owned(),
        Verdict::LastFailed { .. } => "Viimeisin varmuuskopiointi epäonnistui".to_owned(),
        Verdict::Shrunk { tables, .. } => match tables.len() {
            1 => "Yhdestä taulusta hävisi rivejä".to_owned(),
            n => format!("{n} taulusta hävisi rivejä"),
        },
        Verdict::NoDatabase { .. } => "Tietokantaa ei ole määritetty".to_owned(),
        Verdict::NoBackup { .. } => "Varmuuskopiota ei ole".to_owned(),
        Verdict::TooOld { .. } => "Uusin varmuuskopio on liian vanha".to_owned(),
        Verdict::Damaged { .. } => "Uusin varmuuskopio on vioittunut".to_owned(),
        Verdict::Unknown { .. } => "Tallennuspaikkaa ei voi lukea".to_owned(),
    },
    last_backup: |ago| format!("viimeisin varmuuskopio {ago}"),
    last_known: |ago| format!("viimeisin tiedossa oleva varmuuskopio {ago}"),
    ago: |s| match s {
        0..60 => "juuri nyt".to_owned(),
        60..5400 => format!("{} min sitten", s / 60),
        5400..172_800 => format!("{} h sitten", s / 3600),
        _ => format!("{} päivää sitten", s / 86_400),
    },
    keys: "Aitta: avaimet",
    duty: |duty| match duty {
        KeyDuty::DoesNotOpen => "Avain ei avaa uusinta varmuuskopiota. Katso Avaimet-sivu.",
        KeyDuty::StoreUnreadable => "Avainta ei voi testata: tallennuspaikkaa ei voi lukea.",
        KeyDuty::NotTested => "Avainta ei voi testata. Katso Avaimet-sivu.",
        KeyDuty::Interrupted => {
            "Avaimen vaihto keskeytyi. Kaikki varmuuskopiot aukeavat; jatka vaihtoa Avaimet-sivulla."
        }
        KeyDuty::Due => "Avain on vaihdettava. Avaimet → Vaihda vie muutaman minuutin.",
    },
};
