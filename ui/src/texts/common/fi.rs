//! Finnish.

use aitta_model::{BackupKind, Operation, RunOutcome};

use super::{Common, of, plural};

pub(in crate::texts) const FI: Common = Common {
    lang: "fi",
    main_navigation: "Päävalikko",
    skip_to_content: "Siirry sisältöön",
    dashboard: "Yleiskuva",
    backups: "Varmuuskopiot",
    restore: "Palautus",
    restore_: "Palauta…",
    runs: "Ajot",
    review: "Katsaus",
    settings: "Asetukset",
    profile: "Profiili",
    sample: "esimerkkiaineisto",
    back_up_now: "Varmuuskopioi nyt",
    cancel: "Peruuta",
    cancelling: "Pysäytetään…",
    close: "Sulje",
    try_again: "Yritä uudelleen",
    loading: "Ladataan",
    just_now: "juuri nyt",
    page_not_found: "Sivua ei löydy.",
    times_in: |zone| match zone {
        "UTC" => "Ajat: UTC".to_owned(),
        _ => format!("Ajat: {zone} · kaavioiden päivät: UTC"),
    },
    ago: |span| format!("{span} sitten"),
    days: |n| plural(n, "päivä", "päivää"),
    rows: |n| plural(n, "rivi", "riviä"),
    tables: |n| plural(n, "taulu", "taulua"),
    day: |day, month, year| {
        let day = format!("{day}.{month}.");
        year.map_or(day.clone(), |year| format!("{day}{year}"))
    },
    month: |month| of(&LONG, month),
    day_example: "27.11.2026",
    no_day: "Anna päivä, esimerkiksi 27.11.2026.",
    operation: |name| match name {
        Some(Operation::Backup) => "Varmuuskopio",
        Some(Operation::Verify) => "Tarkistus",
        Some(Operation::Restore) => "Palautus",
        Some(Operation::Delete) => "Poisto",
        Some(Operation::Disown) => "Hylätty kopio",
        Some(Operation::AcceptLoss) => "Hyväksytty menetys",
        Some(Operation::Prune) => "Säilytysaika",
        Some(Operation::PutBack) => "Kopio palautettu luetteloon",
        Some(Operation::Pause) => "Ajastus keskeytetty",
        Some(Operation::Tick) => "Tarkistuslistan kohta kuitattu",
        Some(Operation::Resume) => "Ajastusta jatkettu",
        Some(Operation::Hold) => "Kopio lukittu",
        Some(Operation::Release) => "Lukitus poistettu",
        Some(Operation::Rebuild) => "Luettelon päivitys",
        Some(Operation::Cleanup) => "Siivous",
        Some(Operation::Rotate) => "Avaimen vaihto",
        Some(Operation::Copy) => "Kopiointi",
        Some(Operation::Recover) => "Hätäpalautus",
        Some(
            Operation::KeyCreate
            | Operation::KeyConfirm
            | Operation::KeyImport
            | Operation::KeyExportKit
            | Operation::KeyDestroy
            | Operation::MfaEnroll
            | Operation::MfaChange
            | Operation::MfaRefused,
        )
        | None => "Ajo",
    },
    kind: |name| match name {
        Some(BackupKind::Manual) => "käsin tehty",
        Some(BackupKind::PreDeployment) => "ennen julkaisua",
        Some(BackupKind::Emergency) => "hätäkopio",
        Some(BackupKind::Scheduled) => "ajastettu",
        Some(BackupKind::Safety) => "turvakopio",
        None => "ei tiedossa",
    },
    outcome: |name| match name {
        Some(RunOutcome::Running) => "Käynnissä",
        Some(RunOutcome::Succeeded) => "Onnistui",
        Some(RunOutcome::Failed) => "Epäonnistui",
        Some(RunOutcome::Cancelled) => "Pysäytetty",
        None => "Tuntematon",
    },
    before_restore: "ennen palautusta, joka korvaa nämä taulut",
    phase: |name| {
        match name {
            "opening" => "Avataan",
            "looking" => "Etsitään",
            "moving" => "Siirretään",
            "copying" => "Kopioidaan",
            "authenticating" => "Todennetaan",
            "checking" => "Tarkistetaan",
            "locking" => "Lukitaan",
            "archiving" | "archiving what is there" => "Otetaan turvakopio",
            "reading" => "Luetaan",
            "reading back" => "Luetaan takaisin",
            "preparing" => "Valmistellaan",
            "restoring" => "Palautetaan",
            "indexing" => "Indeksoidaan",
            "indexing and proving" => "Indeksoidaan ja todistetaan",
            "proving" => "Todistetaan",
            "renaming" => "Nimetään uudelleen",
            "swapping" => "Vaihdetaan paikalleen",
            "finishing" => "Viimeistellään",
            // It names the archive that is verified.
            other if other.starts_with("verifying") => "Tarkistetaan",
            other => return other.to_owned(),
        }
        .to_owned()
    },
    stored: "tallessa",
    verified: "tarkistettu",
    restored_on: |day| format!("palautettu {day}"),
    damaged: "vioittunut",
    unknown: "ei tiedossa",
    backing_up: "Varmuuskopioidaan",
    verifying: "Tarkistetaan",
    restoring: "Palautetaan",
    proving: "Tehdään koepalautusta",
    making_sample: "Luodaan esimerkkiaineistoa",
    look: "tarkista tämä",
    as_usual: "normaali",
    points: "%-yks.",
    read_of: |read, all| format!("{read}; varmuuskopion koko {all}"),
    read_twice: "Jokainen osa luetaan kahdesti: ensin se tarkistetaan, sitten palautetaan",
    backups_n: |n| plural(n, "varmuuskopio", "varmuuskopiota"),
    more: |n| format!("{n} lisää"),
    time_left: |span| format!("noin {span} jäljellä"),
    rate: |bytes| format!("{bytes}/s"),
};

const LONG: [&str; 12] = [
    "tammikuu",
    "helmikuu",
    "maaliskuu",
    "huhtikuu",
    "toukokuu",
    "kesäkuu",
    "heinäkuu",
    "elokuu",
    "syyskuu",
    "lokakuu",
    "marraskuu",
    "joulukuu",
];
