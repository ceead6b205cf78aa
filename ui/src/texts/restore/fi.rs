//! Finnish.

use aitta_model::RestoreMode;

use super::{Lack, Restore, Risk, Step, TargetKind, listed, rename};
use crate::plain::last_part;
use crate::plain::{bytes, number};

pub(in crate::texts) const FI: Restore = Restore {
    promise: "Mikään ei muutu, ennen kuin painat vaiheessa 5 ”Palauta nyt”. Se, mikä korvattaisiin, otetaan ensin talteen.",
    steps: "Vaiheet",
    step: |step| match step {
        Step::Backup => "Kopio",
        Step::Tables => "Taulut",
        Step::Target => "Kohde",
        Step::Preview => "Esikatselu",
        Step::Confirm => "Vahvistus",
        Step::Restore => "Palautus",
        Step::Report => "Raportti",
    },
    next: |step| match step {
        Step::Backup => "Valitse taulut",
        Step::Tables => "Valitse kohde",
        Step::Target => "Esikatselu",
        _ => "Siirry vahvistukseen",
    },
    back: "Takaisin",
    back_to: |step| match step {
        Step::Backup => "Valitse toinen kopio",
        Step::Tables => "Takaisin tauluihin",
        Step::Target => "Takaisin kohteeseen",
        Step::Confirm => "Yritä uudelleen",
        _ => "Takaisin esikatseluun",
    },
    go: "Palauta nyt",
    lack: |lack, name| match lack {
        Lack::Archive => "Valitse varmuuskopio tai anna aika.".to_owned(),
        Lack::Tables => "Valitse ainakin yksi taulu tai koko tietokanta.".to_owned(),
        Lack::Url => "Anna toisen tietokannan osoite.".to_owned(),
        Lack::UrlForm => "Osoitteen muoto on postgres://käyttäjä@palvelin:5432/tietokanta.".to_owned(),
        Lack::SchemaName => {
            "Anna skeema, jota ei vielä ole: ei pg_-alkuinen, enintään 63 merkkiä.".to_owned()
        }
        Lack::File => "Anna uuden tiedoston polku.".to_owned(),
        Lack::FileForm => "Anna koko polku, esimerkiksi /srv/data/kopio.db.".to_owned(),
        Lack::OtherEngine => "Kopio on toisenlaisesta tietokannasta: valitse toinen kohde.".to_owned(),
        Lack::Plan => "Esikatselu ei ole vielä valmis.".to_owned(),
        Lack::Blocked => "Korjaa ensin se, mikä on esteenä, ja katso sitten uudelleen.".to_owned(),
        Lack::Reason => "Kerro muutamalla sanalla, miksi.".to_owned(),
        Lack::Name => format!("Vahvista kirjoittamalla {name}."),
    },
    opening: "Avataan varmuuskopiota…",
    to_dashboard: "Yleiskuvaan",
    to_runs: "Ajoihin",
    which_backup: "Mistä varmuuskopiosta?",
    which_backup_more: "Jos tiedät, milloin vahinko sattui, anna se aika. Muuten valitse luettelosta.",
    before: "Viimeinen ennen",
    before_hint: |zone| format!("Paikallista aikaa ({zone}): hetki juuri ennen vahinkoa."),
    before_found: |when, earlier| format!("Löytyi: {when}, {earlier} aiemmin."),
    before_given: |time| format!("viimeinen kopio ennen antamaasi aikaa {time}"),
    no_time: "Ei ole vielä aika. Kirjoita näin: 2026-11-24 02:55.",
    looking: "Etsitään…",
    find_backup: "Etsi päivän, lajin, syyn tai tunnuksen mukaan",
    of_backups: |n, all| {
        if n == all {
            (crate::texts::common::fi::FI.backups_n)(all)
        } else {
            format!("{} / {}", number(n), number(all))
        }
    },
    none_found: "Mikään ei täsmää. Kokeile nimen osaa tai tyhjennä haku.",
    no_backups: "Ei ole kopiota, josta palauttaa.",
    no_backups_words: "Tee ensimmäinen yleiskuvassa. Sen voi palauttaa heti, kun se on luettu takaisin ja tarkistettu.",
    damaged_why: |when| format!("vioittunut, havaittu {when}: valitse edellinen tai seuraava"),
    is_damaged: |id| format!("{id} on vioittunut, eikä siitä voi palauttaa"),
    is_damaged_hint: "valitse alta toinen kopio tai anna aiempi aika",
    only_tables: |tables| format!("vain {tables}"),
    restored: "palautettu",
    exact_bytes: |n| format!("{} tavua", number(n)),
    which_tables: "Mitä palautetaan?",
    some: "Valitut taulut",
    some_more: "Kaikki muu jää sellaiseksi kuin se nyt on.",
    whole: "Koko tietokanta",
    whole_more: "Kaikki taulut, näkymät, funktiot ja sekvenssit sellaisina kuin ne olivat.",
    whole_not: "Ei tästä kopiosta: siinä on vain osa tauluista.",
    whole_note: "Koko tietokanta sellaisena kuin se oli: kaikki taulut, näkymät, funktiot ja sekvenssit. Jos se \
                 korvaa käytössä olevan, vanhaa ei poisteta vaan se säilyy vieressä toisella nimellä.",
    find_table: "Etsi taulu",
    select_all: "Valitse kaikki",
    select_found: |n| format!("Valitse löydetyt {}", number(n)),
    select_none: "Tyhjennä",
    all_of_schema: |schema| format!("Kaikki skeeman {schema} taulut"),
    of_chosen: |n, all| format!("{} / {} valittu", number(n), number(all)),
    table: "Taulu",
    size: "Koko",
    rows: "Rivejä",
    rows_in_backup: "Rivejä kopiossa",
    exact_sizes: |size, stored| format!("{} tietokannassa, {} kopiossa", bytes(size), bytes(stored)),
    tie: |n| match (n.refers_to.as_slice(), n.referred_by.as_slice()) {
        ([], by) => {
            format!("{}: {}", if by.len() > 1 { "viittaajina" } else { "viittaajana" }, listed(by, "ja"))
        }
        (to, _) => format!("viittaa: {}", listed(to, "ja")),
    },
    neighbours: "Nämä taulut liittyvät toisiinsa",
    neighbours_more: "Näitä ei tarvitse lisätä: pois jätettyinä ne pysyvät ennallaan. Esikatselu kertoo, jos jokin tarvitaan.",
    neighbour: |n| match (n.refers_to.as_slice(), n.referred_by.as_slice()) {
        ([], by) => {
            let verb = if by.len() > 1 { "viittaavat" } else { "viittaa" };
            format!("{} {verb} tauluun {}.", listed(by, "ja"), n.table)
        }
        (to, _) => format!("{} viittaa tauluun {}.", n.table, listed(to, "ja")),
    },
    add: |name| format!("Lisää {name}"),
    add_all: |n| format!("Lisää kaikki {}", number(n)),
    where_to: "Minne?",
    target: |kind| match kind {
        TargetKind::Same => "Sama tietokanta",
        TargetKind::Other => "Toinen tietokanta",
        TargetKind::Schema => "Rinnakkainen skeema",
        TargetKind::File => "Toinen tiedosto",
    },
    target_means: |kind, whole| match (kind, whole) {
        (TargetKind::Same, false) => {
            "Valitut taulut korvataan yhdessä transaktiossa. Nykyiset otetaan ensin talteen; muuhun ei kosketa."
        }
        (TargetKind::Same, true) => {
            "Se palautetaan käytössä olevan viereen, todistetaan samaksi ja vaihdetaan nimellä sen tilalle. Vanha \
             säilyy. Avoimet yhteydet katkaistaan vaihdon hetkellä."
        }
        (TargetKind::Other, false) => {
            "Taulut, jotka siellä ovat, otetaan talteen ja korvataan; puuttuvat luodaan."
        }
        (TargetKind::Other, true) => {
            "Se luodaan, jos sitä ei ole, ja täytetään, jos se on tyhjä. Siellä ei koskaan korvata mitään."
        }
        (TargetKind::Schema, _) => {
            "Taulut tulevat käytössä olevien viereen katsottaviksi, verrattaviksi ja kopioitaviksi. Käytössä \
             oleviin ei kosketa."
        }
        (TargetKind::File, false) => {
            "Luodaan uusi tiedosto. Jos se on jo olemassa, siinä olevat valitut taulut otetaan talteen ja korvataan."
        }
        (TargetKind::File, true) => "Luodaan uusi tiedosto. Olemassa olevaa ei koskaan korvata.",
    },
    url: "Tietokannan osoite",
    password: "Salasana",
    password_hint: "Vain tätä palautusta varten: sitä ei tallenneta.",
    schema: "Skeeman nimi",
    schema_hint: "Palautus luo sen; siinä ei saa vielä olla mitään.",
    file: "Tiedoston polku",
    file_hint: "Koko polku. Kansion on oltava olemassa.",
    test: "Kokeile yhteyttä",
    testing: "Yhdistetään…",
    answers: |version, database, tables, size| {
        format!("Yhteys toimii: {database}, {version}, {tables}, {size}.")
    },
    not_empty: "Se ei ole tyhjä, eikä koko tietokannan palautus korvaa siellä mitään. Anna tietokanta, jota ei vielä \
                ole tai joka on tyhjä, tai palaa valitsemaan taulut.",
    may_be_missing: "Jos sitä ei vain vielä ole, jatka: palautus luo sen.",
    what_would_happen: "Mitä tapahtuisi",
    nothing_changed_yet: "Näin on juuri nyt. Mitään ei ole muutettu.",
    looking_at_target: "Avataan kopiota ja katsotaan kohdetta. Tämä ei muuta mitään.",
    look_again: "Katso uudelleen",
    trust_code: "Luotan tämän kirjoittajaan ja omistajaan pääkäyttäjän oikeuksin: sen saa suorittaa",
    outcome: |plan| {
        let n = plan.tables.len() as u64;
        let tables = if n == 1 { "1 taulu".to_owned() } else { format!("{} taulua", number(n)) };
        match &plan.mode {
            RestoreMode::Replace { target } => format!(
                "{}: {tables} kopioidaan ensin turvakopioon, korvataan yhdessä transaktiossa ja verrataan kopioon. Se jää voimaan \
                 vain, jos kaikki on samaa.",
                last_part(target)
            ),
            RestoreMode::Swap { target, set_aside } => format!(
                "{} palautetaan uutena tietokantana ({tables}), verrataan kopioon ja vaihdetaan vanhan tilalle. \
                 Vanha säilyy nimellä {}.",
                last_part(target),
                last_part(set_aside)
            ),
            RestoreMode::Create { target } => {
                format!("{} luodaan ({tables}). Mitään ei korvata.", last_part(target))
            }
            RestoreMode::Fill { target } => {
                format!("{} on tyhjä ja täytetään ({tables}). Mitään ei korvata.", last_part(target))
            }
            RestoreMode::SideSchema { target, schema } => {
                format!("{}: {tables} tulee skeemaan {schema}. Mitään ei korvata.", last_part(target))
            }
        }
    },
    rows_in_target: "Siellä nyt",
    then: "Muutos",
    refused: "Tällaisenaan palautus hylättäisiin, eikä mitään muutettaisi.",
    made_new: "luodaan",
    made_beside: "luodaan viereen",
    same_count: "korvataan, yhtä monta",
    more_rows: |n| format!("korvataan, +{}", number(n)),
    fewer_rows: |n| format!("korvataan, −{}", number(n)),
    blocker: "Esteenä",
    warning: "Varoitus",
    info: "Hyvä tietää",
    sure: "Onko tämä se, mitä haluat?",
    reason: "Miksi palautetaan?",
    reason_hint: "Se jää ajojen historiaan niille, jotka kysyvät myöhemmin.",
    reason_example: "esim. häiriö 17: UPDATE ilman WHERE-ehtoa klo 02.55",
    type_name: |name| format!("Kirjoita kohteen nimi: {name}"),
    name_why: "Koska siellä korvataan jotakin. Isot ja pienet kirjaimet ovat eri kirjaimia.",
    name_matches: "Nimi täsmää.",
    busy: "Toinen toiminto on kesken. Tämä voi alkaa, kun se on päättynyt: odota tai pysäytä se vasemmasta \
           alakulmasta.",
    busy_short: "Odotetaan, että toinen toiminto päättyy.",
    under_way: "Palautetaan",
    under_way_more: "Voit sillä välin katsoa muita sivuja. Älä sulje ohjelmaa.",
    tables_done: |n, all| format!("{} / {} taulua kirjoitettu", number(n), number(all)),
    table_done: "kirjoitettu",
    table_waiting: "odottaa",
    stop: "Pysäytä",
    stop_means: "Voit pysäyttää milloin vain: kohde jää ennalleen.",
    stopping: "Pysäytetään. Kohde jää ennalleen; hetki vain.",
    restored_equal: "Palautettu. Jokainen rivi on sama kuin kopiossa.",
    not_all_equal: "Palautettu, mutta kaikki ei ole samaa.",
    report_sum: |tables, rows, took, read| format!("{tables}, {rows}, {took}. Säilöstä luettiin {read}."),
    proof: "Todiste taulu taululta",
    all_equal: "määrät ja tiivisteet samat",
    not_equal: "eroaa",
    rows_restored: "Rivejä nyt",
    digest: "Tiiviste",
    digests: |archive, target| format!("kopio {archive}\nkohde {target}"),
    equal: "sama",
    differs: "eroaa",
    kept_safe: "Korvattu on tallessa",
    kept_safe_more: "Taulut sellaisina kuin ne olivat juuri ennen tätä palautusta ovat turvakopiossa.",
    undo: "Kumoa tämä palautus…",
    undo_reason: |id| format!("kumotaan palautus kopiosta {id}"),
    kept_aside: "Vanha tietokanta on tallessa",
    kept_aside_more: |live| {
        format!(
            "{live} sellaisena kuin se oli, myös kopion jälkeen kirjoitettu, säilyy uuden vieressä tällä nimellä:"
        )
    },
    go_back: "Näin palaat siihen",
    database_back: |live, old| {
        vec![
            ("Katkaise yhteydet kumpaankin tietokantaan.".to_owned(), String::new()),
            ("Ota yhteys saman palvelimen tietokantaan postgres ja aja:".to_owned(), rename(live, old)),
        ]
    },
    file_back: |old, live| {
        vec![
            ("Sulje kaikki ohjelmat, joilla tiedosto on auki.".to_owned(), String::new()),
            (
                "Siirrä uusi tiedosto syrjään ja anna vanhalle sen nimi takaisin:".to_owned(),
                format!("mv '{live}' '{live}.restored'\nmv '{old}' '{live}'"),
            ),
        ]
    },
    drop_old: "Kun et enää tarvitse sitä",
    drop_old_more: "Katso, ettei mitään puutu. Poista sitten vanha tietokanta, jolloin sen tila vapautuu:",
    nothing_overwritten: "Mitään ei korvattu",
    nothing_overwritten_more: "Ei siis ole mitään kumottavaa. Palautetut tiedot ovat täällä:",
    drop_schema: "Kun olet katsonut tarpeeksi, poista skeema:",
    took: "Aikaa kului",
    in_all: "Yhteensä",
    sequences: |n| {
        if n == 1 { "1 sekvenssi asetettu".to_owned() } else { format!("{} sekvenssiä asetettu", number(n)) }
    },
    sequence_at: |archived, restored| format!("nyt {restored} (kopiossa {archived})"),
    another: "Palauta jotakin muuta",
    failed: "Palautus epäonnistui.",
    stopped: "Pysäytetty. Mitään ei palautettu.",
    stopped_more: "Valintasi ovat yhä tallella. Aloita uudelleen, kun olet valmis.",
    state_untouched: "Kohde on ennallaan: mitään siinä ei muutettu.",
    state_uncertain: "Kohteen pitäisi olla ennallaan, mutta yhteys katkesi tai todistus ei pitänyt. Katso se läpi \
                      ennen uutta yritystä, kuten alla neuvotaan.",
    consequences: "Seuraukset",
    from: "Mistä",
    from_nothing: "Kopiota ei ole vielä valittu.",
    younger_is_missing: |age| format!("Siinä ei ole sitä, mitä on kirjoitettu sen jälkeen ({age})."),
    chose: |tables| format!("Valittu {tables}"),
    chose_whole: |tables| format!("Koko tietokanta, {tables}"),
    chose_nothing: "Taulua ei ole vielä valittu",
    to_read: "Luettavaa",
    read_of: |read, total| format!("{read} / {total}"),
    room: "Tilan tarve",
    about: "Kesto noin",
    not_measured: "ei vielä mitattu",
    judged_by: |day| format!("Kesto arvioitu palautuksesta {day}"),
    into: "Minne",
    risks: "Mikä voi mennä vikaan",
    risk: |risk, whole| match risk {
        Risk::NotVerified => (
            "Tätä kopiota ei ole koskaan luettu takaisin.",
            "Se tarkistetaan ennen kuin mitään muutetaan. Varminta on valita tarkistettu.",
        ),
        Risk::Damage => (
            "Kopio voi osoittautua vioittuneeksi.",
            "Jokainen osa todennetaan ennen kuin mitään muutetaan. Valitse silloin toinen.",
        ),
        Risk::WritersWait => (
            "Ohjelmat, jotka kirjoittavat näihin tauluihin, joutuvat odottamaan.",
            "Kunnes palautus on valmis tai pysäytetty. Keskeytä ne, jos voit.",
        ),
        Risk::SessionsEnd => (
            "Avoimet yhteydet katkaistaan vaihdon hetkellä.",
            "Ohjelmien on yhdistettävä uudelleen. Keskeytä ne ensin, jos voit.",
        ),
        Risk::NewerWork if whole => (
            "Kopion jälkeen kirjoitettua ei ole palautetussa tietokannassa.",
            "Se säilyy vanhassa, joka jää viereen toisella nimellä.",
        ),
        Risk::NewerWork => (
            "Kopion jälkeen näihin tauluihin kirjoitettu korvataan.",
            "Se otetaan ensin talteen. Raportissa on painike, jolla palautuksen voi kumota.",
        ),
        Risk::Elsewhere => (
            "Samannimiset taulut siellä korvataan.",
            "Ne otetaan ensin talteen. Esikatselu kertoo, mitä siellä on.",
        ),
        Risk::Beside => ("Olemassa olevaan ei kosketa.", "Jos palautus epäonnistuu, aloitettu poistetaan."),
        Risk::Blocked => ("Näin se hylättäisiin.", "Korjaa merkityt kohdat ja katso uudelleen."),
        Risk::Warned => ("Varoituksia on.", "Lue ne ennen kuin jatkat."),
        Risk::Interrupted => (
            "Yhteys katkeaa, levy täyttyy, rivi ei kelpaa.",
            "Silloin kaikki perutaan: kohde jää ennalleen ja raportti kertoo, mitä tehdä.",
        ),
    },
};
