//! Finnish.

use aitta_model::{Difference, ErrorCode, Fact, KeptBeside, Obstacle, PassedOverWhy, TableChange, Unusual};

use super::{Findings, differences};
use crate::plain::{bytes, number};
use crate::texts::common::plural;
use crate::texts::failures::fi as failures;

pub(in crate::texts) const FI: Findings = Findings {
    fact: |fact, when| {
        Some(match fact {
            Fact::Refused { code } => {
                let (title, cause) = (failures::FI.said)(code.known()?);
                (title.to_owned(), cause)
            }
            Fact::LeftoverDropped { name } => {
                (format!("Keskeytyneestä palautuksesta jäänyt tietokanta {name} poistettiin."), "")
            }
            Fact::PublicPrivileges { user } => (
                format!("Skeemalla public on uuden tietokannan oikeudet: {user} ei voi muuttaa niitä."),
                "Pyydä pääkäyttäjää antamaan oikeudet. Lauseet saa vanhasta tietokannasta pg_dump-ohjelmalla.",
            ),
            Fact::KeyLeftOut { key, table, foreign_table } => (
                format!(
                    "Taulun {table} viiteavain {key} jää pois: se viittaa tauluun {foreign_table}, jota ei ole valittu."
                ),
                "Valitse myös se taulu, niin viiteavain säilyy.",
            ),
            Fact::StaleViews { names } => (
                format!("Materialisoiduissa näkymissä on yhä vanhat rivit: {}.", names.join(", ")),
                "Aja kullekin REFRESH MATERIALIZED VIEW.",
            ),
            Fact::NoStatistics => {
                ("Tietokannan tilastoja ei voitu päivittää.".to_owned(), "Aja tietokannassa ANALYZE.")
            }
            Fact::ViewsMissing { names } => (
                format!("Kohteesta puuttuvat näkymät: {}.", names.join(", ")),
                "Luo tarvitsemasi. Niiden määrittelyt saa palauttamalla koko varmuuskopion uuteen tietokantaan.",
            ),
            Fact::PublicationsLost { names, statements } => (
                format!(
                    "Uudelleen luodut taulut eivät enää ole julkaisuissaan: {}. Lisää ne takaisin: {}.",
                    names.join(", "),
                    statements.join("; ")
                ),
                "Lisää myös sarakkeet ja ehdot, jos niitä oli.",
            ),
            Fact::KeysAdded { count } => (
                format!(
                    "{} lisättiin takaisin.",
                    plural(
                        *count,
                        "taulujen mukana kadonnut viiteavain",
                        "taulujen mukana kadonnutta viiteavainta"
                    )
                ),
                "",
            ),
            Fact::OlderServer { server, archived } => (
                format!("Palvelimen versio on {server}, varmuuskopion {archived}."),
                "Jos vanhemmasta palvelimesta puuttuu jokin ominaisuus, palautus epäonnistuu. Kohde pysyy silloin ennallaan.",
            ),
            Fact::MayNotCreate { user } => (
                format!("{user} ei voi luoda tietokantoja."),
                "Palauta tyhjään tietokantaan, jonka ylläpitäjä luo sinulle.",
            ),
            Fact::MayNotRename { user, database } => (
                format!(
                    "{user} ei omista tietokantaa {database} eikä voi nimetä sitä uudelleen, joten sitä ei voi vaihtaa."
                ),
                "Yhdistä sen omistajana, tai palauta tyhjään tietokantaan, jonka ylläpitäjä luo sinulle.",
            ),
            Fact::FilledByOne => (
                "Olemassa oleva tietokanta täytetään yhdellä yhteydellä.".to_owned(),
                "Uuteen tietokantaan palautetaan nopeammin, usealla yhteydellä.",
            ),
            Fact::OtherExtension { name, version, archived } => (
                format!("Laajennuksen {name} versioksi tulee {version}; varmuuskopiossa se on {archived}."),
                "",
            ),
            Fact::ExtensionsMissing { names } => (
                format!("Palvelimelta puuttuvat laajennukset: {}.", names.join(", ")),
                "Asenna niiden paketit palvelimelle (usein postgresql-contrib) ja päivitä.",
            ),
            Fact::OfExtensions { names } => (
                format!(
                    "Varmuuskopiossa ei ole näitä, koska ne kuuluivat laajennukseen: {}.",
                    names.join(", ")
                ),
                "Laajennus luo omansa itse. Etsi muut alkuperäisestä tietokannasta.",
            ),
            Fact::RolesMissing { names } => {
                let create: Vec<String> = names.iter().map(|name| format!("CREATE ROLE {name};")).collect();
                (
                    format!(
                        "Palvelimelta puuttuvat roolit: {}. Luo ne: {}.",
                        names.join(", "),
                        create.join(" ").trim_end_matches(';')
                    ),
                    "Ne omistavat jotakin varmuuskopiossa, tai niille on annettu siinä oikeuksia.",
                )
            }
            Fact::KeyCrosses { key, table, foreign_table } => (
                format!(
                    "{table} viittaa tauluun {foreign_table} (viiteavain {key}), ja vain toinen niistä on valittu."
                ),
                "Tarkistetaan lopuksi: jos viitattu rivi puuttuu, mitään ei muuteta.",
            ),
            Fact::KeyLeadsNowhere { key, foreign_table } => (
                format!("Viiteavain {key} viittaa tauluun {foreign_table}, jota ei tule olemaan."),
                "Valitse myös se taulu.",
            ),
            Fact::TableMadeAgain { table } => (format!("Kohteesta puuttuu taulu {table}; se luodaan."), ""),
            Fact::TableChanged { table, differences: all } => {
                let how = differences(all, difference).map_or(String::new(), |how| format!(": {how}"));
                (
                    format!("Taulu {table} on muuttunut varmuuskopion jälkeen{how}."),
                    "Palauta se nykyisen rinnalle ja kopioi sopivat rivit.",
                )
            }
            Fact::SchemaNotEmpty { schema } => {
                (format!("Skeema {schema} ei ole tyhjä."), "Valitse skeema, jota ei vielä ole.")
            }
            Fact::TypesMissing { names } => (
                format!("Kohteesta puuttuvat tyypit: {}.", names.join(", ")),
                "Palauta koko tietokanta uuteen tietokantaan, niin tyypit tulevat mukana.",
            ),
            Fact::SameName { table } => (
                format!("Valittuna on kaksi taulua nimeltä {table}, ja skeemaan mahtuu vain yksi."),
                "Valitse yhden skeeman taulut kerrallaan.",
            ),
            Fact::PartitionsHoldRows { names } => (
                format!(
                    "Osioissa, joita varmuuskopiossa ei ole, on rivejä, jotka jäisivät palautettujen rinnalle: {}.",
                    names.join(", ")
                ),
                "Palauta erilliseen skeemaan, tai irrota tai tyhjennä nämä osiot ja päivitä.",
            ),
            Fact::PartitionsForeign { names } => (
                format!(
                    "Muilla palvelimilla olevat osiot eivät ole varmuuskopioissa ja pysyvät ennallaan: {}.",
                    names.join(", ")
                ),
                "Tarkista, siirrettiinkö niihin rivejä varmuuskopion jälkeen: ne palautuisivat toiseen kertaan.",
            ),
            Fact::RoomOnServer { bytes: n, kept } => {
                let kept = match kept {
                    Some(KeptBeside::OldDatabase) => " Vanha tietokanta varaa tilansa, kunnes se poistetaan.",
                    Some(KeptBeside::Overwritten) => {
                        " Korvattavat rivit varaavat tilansa, kunnes palautus on valmis."
                    }
                    None => "",
                };
                (
                    format!(
                        "Taulut vievät palvelimella noin {} ja indeksit lisäksi.{kept} Palvelimen vapaata tilaa ei voi \
                         nähdä täältä.",
                        bytes(*n)
                    ),
                    "",
                )
            }
            Fact::TooLittleRoom { needed_bytes, free_bytes } => (
                format!(
                    "Palautus tarvitsee noin {}; vapaana on {}.",
                    bytes(*needed_bytes),
                    bytes(*free_bytes)
                ),
                "Vapauta tilaa tai palauta toiselle levylle.",
            ),
            Fact::SessionsOpen { count } => (
                match count {
                    1 => "Käytössä olevaan tietokantaan on 1 avoin yhteys; se katkaistaan vaihdossa."
                        .to_owned(),
                    n => format!(
                        "Käytössä olevaan tietokantaan on {} avointa yhteyttä; ne katkaistaan vaihdossa.",
                        number(*n)
                    ),
                },
                "Varmuuskopion ja vaihdon väliset muutokset jäävät vain vanhaan tietokantaan.",
            ),
            Fact::RowsEstimated { names } => {
                (format!("Nykyiset rivimäärät ovat palvelimen arvioita: {}.", names.join(", ")), "")
            }
            Fact::CodeCouldRun { user, code, more, is_mighty } => {
                let more = if *more > 0 { format!("; ja {} muuta", number(*more)) } else { String::new() };
                let hint = "Palauta roolilla, joka ei ole pääkäyttäjä, tai vahvista, että luotat koodin kirjoittajiin.";
                (
                    format!(
                        "Palautus voisi suorittaa tämän koodin käyttäjän {user} oikeuksin: {}{more}.",
                        code.join("; ")
                    ),
                    if *is_mighty { hint } else { "" },
                )
            }
            Fact::TriggersSilent { count } => {
                (format!("Valittujen taulujen triggereitä ei laukaistu ({}).", number(*count)), "")
            }
            Fact::StaleIndex { index, table } => (
                format!("Kokotekstihakemistoa {index} ei palauteta taulun {table} mukana."),
                "Valitse myös hakemisto, tai rakenna se uudelleen lauseella INSERT INTO … VALUES('rebuild').",
            ),
            Fact::BrokenReferences { rows } => (
                format!(
                    "{} olemattomaan riviin, kuten alkuperäisessä tietokannassa.",
                    plural(*rows, "rivi viittaa", "riviä viittaa")
                ),
                "Luettelon saa komennolla PRAGMA foreign_key_check.",
            ),
            Fact::NotFlushed { path } => (
                format!(
                    "{path} on paikallaan, mutta kansion muutosta ei voitu varmistaa levylle: sähkökatkon jälkeen aiempi \
                     tila voi palata."
                ),
                "Tarkista levy ja järjestelmän loki, ja aja sync.",
            ),
            Fact::KeysUnchecked { table } => (
                format!("Taulun {table} viiteavaimia ei voi tarkistaa."),
                "Lisää yksikäsitteinen indeksi, jonka viittaus vaatii.",
            ),
            Fact::TargetUnreadable => ("Kohdetta ei voi lukea.".to_owned(), ""),
            Fact::TablesSetAside { names } => (
                format!("Varmuuskopiossa ei ole näitä tauluja: {}.", names.join(", ")),
                "Ne säilyvät syrjään siirrettävässä tietokannassa.",
            ),
            Fact::FileInUse { programs, seconds } => (
                format!(
                    "Tiedosto on auki: {}. Palautus odottaa enintään {seconds}\u{a0}s.",
                    programs.join(", ")
                ),
                "Sulje tietokantaa käyttävät ohjelmat.",
            ),
            Fact::CopyUsed { location } => (
                format!(
                    "Varmuuskopiota ei voitu lukea tallennuspaikasta {location}, joten käytettiin kopiota."
                ),
                "",
            ),
            Fact::StoreSilent { location } => {
                (format!("{location} ei vastaa. Siellä voi olla uudempi varmuuskopio."), "")
            }
            Fact::FoundDamaged { at } => (
                format!("Tarkistus löysi tästä varmuuskopiosta vaurion {}.", when(*at)),
                "Tarkista se uudelleen tai valitse toinen varmuuskopio.",
            ),
            Fact::OfAnother { own } => (
                format!("Tämä varmuuskopio on toisesta tietokannasta. Se palautetaan kohteeseen {own}."),
                "Ellei se ole tarkoitus, valitse toinen kohde tai toinen varmuuskopio.",
            ),
            Fact::PassedOver { count, why } => {
                let why = match why.as_ref().map(|why| why.known()) {
                    None => "eri tietokannasta",
                    Some(Some(PassedOverWhy::Safety)) => "palautuksen turvakopioita",
                    Some(Some(PassedOverWhy::Disowned)) => "hylättyjä, koska mikään avain ei avaa niitä",
                    Some(Some(PassedOverWhy::Partial)) => "vain osa tauluista",
                    Some(None) => "ei sopiva",
                };
                (
                    format!(
                        "Ohitettiin {}: {why}.",
                        plural(*count, "uudempi varmuuskopio", "uudempaa varmuuskopiota")
                    ),
                    "Jos haluat käyttää sellaista, valitse se luettelosta.",
                )
            }
            Fact::NewerGone { count } => (
                format!(
                    "{} on kadonnut tallennuspaikasta.",
                    plural(*count, "uudempi varmuuskopio", "uudempaa varmuuskopiota")
                ),
                if *count == 1 { "Selvitä, kuka sen poisti." } else { "Selvitä, kuka ne poisti." },
            ),
            Fact::SafetyInCopy { id, location } => (
                format!(
                    "Turvakopio {id} on tallennuspaikassa {location}, ei ensimmäisessä tallennuspaikassa."
                ),
                "",
            ),
            Fact::NotRecorded => {
                ("Palautus on todistettu, mutta sitä ei voitu merkitä luetteloon.".to_owned(), "")
            }
            Fact::ProofLeft => (
                "Palautus on todistettu, mutta koetietokantaa ei voitu poistaa.".to_owned(),
                "Poista se itse: siinä on kopio tiedoistasi.",
            ),
            Fact::OtherProof { name } => (
                format!("{name} on toisesta koepalautuksesta, joka on käynnissä tai keskeytynyt."),
                "Ellei mikään ole käynnissä, poista se: siinä on kopio tiedoistasi.",
            ),
            Fact::Other => return None,
        })
    },
    obstacle: |obstacle| {
        Some(match obstacle {
            Obstacle::Changed { differences: all } => {
                format!("Taulu on muuttunut: {}.", differences(all, difference)?)
            }
            Obstacle::PartlyArchived => {
                "Vain osa riveistä on varmuuskopiossa: muut luo laajennus.".to_owned()
            }
            Obstacle::Money => "money-tyypin arvot riippuvat palvelimen maa-asetuksista.".to_owned(),
            Obstacle::Unread { code } => match code.known()? {
                ErrorCode::LockTimeout => "Joku muu on lukinnut taulun.".to_owned(),
                ErrorCode::SourceDenied => "Taulun lukemiseen ei ole oikeutta.".to_owned(),
                _ => "Taulua ei voi lukea.".to_owned(),
            },
            Obstacle::Other => return None,
        })
    },
    unusual: |Unusual { percent, cause }| {
        let what = if *percent < 0 { "pienempi" } else { "suurempi" };
        let cause = match cause {
            None | Some(TableChange::Other) => String::new(),
            Some(TableChange::Gone { table }) => format!(": taulu {table} on hävinnyt"),
            Some(TableChange::New { table }) => format!(": taulu {table} on uusi"),
            Some(TableChange::Lost { table, percent }) => {
                format!(": taulun {table} riveistä hävisi {percent}\u{a0}%")
            }
            Some(TableChange::Filled { table, rows }) => {
                format!(": taulu {table} oli tyhjä, nyt {}", plural(*rows, "rivi", "riviä"))
            }
            Some(TableChange::Grown { table, percent }) => {
                format!(": taulussa {table} on {percent}\u{a0}% enemmän rivejä")
            }
            Some(TableChange::OtherRows { table }) => {
                format!(": taulun {table} rivit ovat eri kokoisia kuin ennen")
            }
        };
        format!("{}\u{a0}% tavallista {what}{cause}", number(percent.unsigned_abs()))
    },
    verbatim: "Ohjelman viesti englanniksi:",
};

fn difference(difference: &Difference) -> Option<String> {
    Some(match difference {
        Difference::ColumnGone { column } => format!("sarake {column} puuttuu"),
        Difference::ColumnNew { column } => format!("sarake {column} on uusi"),
        Difference::ColumnType { column, was, is } => {
            format!("sarakkeen {column} tyyppi oli {was} ja on nyt {is}")
        }
        Difference::Kind => "eri taulutyyppi".to_owned(),
        Difference::PrimaryKey => "eri perusavain".to_owned(),
        Difference::Other => return None,
    })
}
