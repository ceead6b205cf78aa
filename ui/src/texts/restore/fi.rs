//! Finnish.

use aitta_model::{Likeness, RestoreMode, RowsApart};

use super::{Lack, Restore, Risk, Step, TargetKind, listed, rename, undated};
use crate::plain::last_part;
use crate::plain::{bytes, number};
use crate::texts::common::ended;

pub(in crate::texts) const FI: Restore = Restore {
    promise: "Mikään ei muutu, ennen kuin painat vaiheessa 3 ”Palauta nyt”. Korvattavat tiedot otetaan ensin talteen.",
    steps: "Vaiheet",
    step: |step| match step {
        Step::What => "Mitä ja milloin",
        Step::Preview => "Esikatselu",
        Step::Confirm => "Vahvistus",
        Step::Restore => "Palautus",
        Step::Report => "Raportti",
    },
    next: |step| match step {
        Step::What => "Esikatselu",
        _ => "Jatka",
    },
    back: "Takaisin",
    back_to: |step| match step {
        Step::What => "Muuta valintoja",
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
        Lack::NotEmpty => "Anna tyhjä tai uusi tietokanta, tai valitse taulut.".to_owned(),
        Lack::OtherEngine => "Varmuuskopio on erityyppisestä tietokannasta: valitse toinen kohde.".to_owned(),
        Lack::Plan => "Esikatselu ei ole vielä valmis.".to_owned(),
        Lack::Blocked => "Ratkaise yllä oleva ongelma ja päivitä.".to_owned(),
        Lack::Reason => "Anna syy.".to_owned(),
        Lack::Name => format!("Vahvista kirjoittamalla {name}."),
    },
    opening: "Avataan varmuuskopiota…",
    to_dashboard: "Siirry yleiskuvaan",
    to_runs: "Siirry ajoihin",
    what_and_when: "Mitä ja milloin?",
    which_backup: "Varmuuskopio",
    which_backup_more: "Jos tiedät, milloin vahinko sattui, anna se aika. Muuten valitse luettelosta.",
    before: "Viimeisin tila ennen",
    before_example: "02:55 tai eilen 02:55",
    before_hint: |zone| format!("Paikallista aikaa ({zone}), juuri ennen vahinkoa."),
    before_found: |when, earlier| format!("Löytyi: {when}, {earlier} aiemmin."),
    before_given: |time| format!("viimeisin kopio ennen antamaasi aikaa {time}"),
    no_time: "Anna aika, esimerkiksi 02:55, eilen 02:55 tai 24.11. 02:55.",
    to_come: "Aika on vasta edessä. Anna aika juuri ennen vahinkoa.",
    show_safety: |n| format!("Näytä turvakopiot ({})", number(n)),
    taken_before: |time| format!("Otettu ennen palautusta {time}"),
    looking: "Etsitään…",
    find_backup: "Hae päivän, tyypin, syyn tai tunnuksen mukaan",
    of_backups: |n, all| {
        if n == all {
            (crate::texts::common::fi::FI.backups_n)(all)
        } else {
            format!("{} / {}", number(n), number(all))
        }
    },
    none_found: "Ei hakutuloksia. Kokeile nimen osaa tai tyhjennä haku.",
    no_backups: "Ei varmuuskopiota, josta palauttaa.",
    choose_store: "Palauta sieltä valitsemalla se tallennuspaikka asetuksissa.",
    no_backups_words: "Tee ensimmäinen yleiskuvassa. Sen voi palauttaa, kun se on luettu takaisin ja tarkistettu.",
    damaged_why: |when| format!("vioittunut, havaittu {when}: valitse edellinen tai seuraava"),
    is_damaged: |id| format!("{id} on vioittunut, eikä siitä voi palauttaa"),
    is_damaged_hint: "valitse alta toinen kopio tai anna aiempi aika",
    instead: |when| ended(&format!("Sen sijaan on valittu edellinen kopio, {when}")),
    only_tables: |tables| format!("vain {tables}"),
    restored: "palautettu",
    exact_bytes: |n| format!("{} tavua", number(n)),
    which_tables: "Mitä palautetaan?",
    some: "Valitut taulut",
    some_more: "Muita tauluja ei muuteta.",
    whole: "Koko tietokanta",
    whole_more: "Kaikki taulut, näkymät, funktiot ja sekvenssit sellaisina kuin ne olivat.",
    whole_not: "Ei käytettävissä: tässä kopiossa on vain osa tauluista.",
    whole_note: "Koko tietokanta sellaisena kuin se oli: kaikki taulut, näkymät, funktiot ja sekvenssit. Jos se \
                 korvaa käytössä olevan, vanha säilyy toisella nimellä.",
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
            format!("tähän viittaa: {}", listed(by, "ja"))
        }
        (to, _) => format!("viittaa: {}", listed(to, "ja")),
    },
    neighbours: "Liittyvät taulut",
    neighbours_more: "Vapaaehtoinen. Pois jätettyjä tauluja ei muuteta; esikatselu varoittaa, jos jokin tarvitaan.",
    neighbour: |n| match (n.refers_to.as_slice(), n.referred_by.as_slice()) {
        ([], by) => {
            let verb = if by.len() > 1 { "viittaavat" } else { "viittaa" };
            format!("{} {verb} tauluun {}.", listed(by, "ja"), n.table)
        }
        (to, _) => format!("{} viittaa tauluun {}.", n.table, listed(to, "ja")),
    },
    add: |name| format!("Lisää {name}"),
    add_all: |n| format!("Lisää kaikki {}", number(n)),
    where_to: "Palautetaan kohteeseen",
    target: |kind| match kind {
        TargetKind::Same => "Sama tietokanta",
        TargetKind::Other => "Toinen tietokanta",
        TargetKind::Schema => "Erillinen skeema",
        TargetKind::File => "Toinen tiedosto",
    },
    target_means: |kind, whole| match (kind, whole) {
        (TargetKind::Same, false) => {
            "Valitut taulut korvataan yhdessä transaktiossa. Nykyiset tiedot otetaan ensin talteen; mikään muu ei muutu."
        }
        (TargetKind::Same, true) => {
            "Varmuuskopio palautetaan käytössä olevan tietokannan rinnalle, verrataan ja vaihdetaan sen tilalle. Vanha \
             säilyy. Avoimet yhteydet katkaistaan vaihdossa."
        }
        (TargetKind::Other, false) => "Siellä olevat taulut otetaan talteen ja korvataan; puuttuvat luodaan.",
        (TargetKind::Other, true) => {
            "Tietokanta luodaan, jos sitä ei ole, tai täytetään, jos se on tyhjä. Mitään ei korvata."
        }
        (TargetKind::Schema, _) => {
            "Taulut palautetaan käytössä olevien rinnalle, jotta rivejä voi verrata ja kopioida. Käytössä olevia \
             ei muuteta."
        }
        (TargetKind::File, false) => {
            "Luodaan uusi tiedosto. Jos se on jo olemassa, siinä olevat valitut taulut otetaan talteen ja korvataan."
        }
        (TargetKind::File, true) => "Luodaan uusi tiedosto. Olemassa olevaa ei koskaan korvata.",
    },
    url: "Tietokannan osoite",
    password: "Salasana",
    password_hint: "Vain tätä palautusta varten; sitä ei tallenneta.",
    schema: "Skeeman nimi",
    schema_hint: "Palautus luo sen. Sen on oltava uusi tai tyhjä.",
    file: "Tiedoston polku",
    file_hint: "Koko polku. Kansion on oltava olemassa.",
    test: "Testaa yhteys",
    testing: "Yhdistetään…",
    answers: |version, database, tables, size| {
        format!("Yhteys toimii: {database}, {version}, {tables}, {size}.")
    },
    not_empty: "Tietokanta ei ole tyhjä, eikä koko tietokannan palautus korvaa siellä mitään. Anna tyhjä tai uusi \
                tietokanta, tai valitse taulut ylempää.",
    may_be_missing: "Jos sitä ei vielä ole, jatka: palautus luo sen.",
    what_would_happen: "Esikatselu",
    nothing_changed_yet: "Tarkistettu juuri nyt. Mitään ei ole muutettu.",
    looking_at_target: "Avataan varmuuskopiota ja tarkistetaan kohdetta. Tämä ei muuta mitään.",
    look_again: "Päivitä",
    trust_code: "Luotan tämän koodin tekijään ja omistajaan: sen saa suorittaa pääkäyttäjän oikeuksin",
    outcome: |plan| {
        let n = plan.tables.len() as u64;
        let tables = if n == 1 { "1 taulu".to_owned() } else { format!("{} taulua", number(n)) };
        match &plan.mode {
            RestoreMode::Replace { target } => format!(
                "{}: {tables} kopioidaan ensin turvakopioon, korvataan yhdessä transaktiossa ja verrataan kopioon. Muutos jää \
                 voimaan vain, jos jokainen rivi täsmää.",
                last_part(target)
            ),
            RestoreMode::Swap { target, set_aside } => format!(
                "{} palautetaan uutena tietokantana ({tables}), verrataan kopioon ja vaihdetaan vanhan tilalle. \
                 Vanha säilyy nimellä {}.",
                last_part(target),
                undated(last_part(set_aside), "palautuksen aika")
            ),
            RestoreMode::Create { target } => {
                format!("{} luodaan ({tables}). Mitään ei korvata.", last_part(target))
            }
            RestoreMode::Fill { target } => {
                format!("{} on tyhjä ja täytetään ({tables}). Mitään ei korvata.", last_part(target))
            }
            RestoreMode::SideSchema { target, schema } => {
                format!("{}: {tables} palautetaan skeemaan {schema}. Mitään ei korvata.", last_part(target))
            }
        }
    },
    rows_in_target: "Rivejä nyt",
    then: "Muutos",
    refused: "Palautus estettäisiin. Mitään ei muutettaisi.",
    made_new: "luodaan",
    made_beside: "luodaan skeemaan",
    same_count: "korvataan, sama määrä",
    more_rows: |n| format!("korvataan, +{}", number(n)),
    fewer_rows: |n| format!("korvataan, −{}", number(n)),
    likeness: |likeness| match likeness {
        Likeness::Same => "samat rivit".to_owned(),
        Likeness::Differs { apart: None, .. } => "eroaa".to_owned(),
        Likeness::Differs { apart: Some(RowsApart { archive, target }), .. } => {
            format!("eroaa: {} vain nyt, {} vain kopiossa", number(*target), number(*archive))
        }
        Likeness::Missing => "ei ole nyt".to_owned(),
        Likeness::NotComparable { .. } => "ei verrattavissa".to_owned(),
        Likeness::NotReached => "ei ehditty lukea".to_owned(),
    },
    comparing: "Rivejä verrataan varmuuskopioon. Voit jatkaa odottamatta.",
    compared_sum: |same, differ, open| {
        let tables = |n: u64| if n == 1 { "1 taulu".to_owned() } else { format!("{} taulua", number(n)) };
        let mut parts = Vec::new();
        if differ > 0 {
            parts.push(format!("{} eroaa tästä kopiosta", tables(differ)));
        }
        if same > 0 {
            parts.push(format!("{} on rivilleen sama kuin tässä kopiossa", tables(same)));
        }
        if open > 0 {
            parts.push(format!("{} jäi vertaamatta", tables(open)));
        }
        format!("{}.", parts.join("; "))
    },
    not_compared: |why| format!("Rivejä ei voitu verrata. {why}"),
    blocker: "Este",
    warning: "Varoitus",
    info: "Huomautus",
    sure: "Vahvista palautus",
    reason: "Palautuksen syy",
    reason_hint: "Kirjataan ajohistoriaan ja tapahtumalokiin.",
    reason_example: "esim. häiriö 17: UPDATE ilman WHERE-ehtoa klo 02.55",
    type_name: |name| format!("Vahvista kirjoittamalla kohteen nimi: {name}"),
    name_why: "Siellä olevia tietoja korvataan. Kirjainkoolla on merkitystä.",
    name_matches: "Täsmää",
    busy: "Toinen toiminto on käynnissä. Odota, että se päättyy, tai pysäytä se vasemmasta alakulmasta.",
    busy_short: "Odotetaan toisen toiminnon päättymistä.",
    under_way: "Palautetaan",
    under_way_more: "Voit siirtyä muille sivuille. Pidä Aitta käynnissä.",
    tables_done: |n, all| format!("{} / {} taulua kirjoitettu", number(n), number(all)),
    table_done: "kirjoitettu",
    table_waiting: "odottaa",
    stop_means: "Voit pysäyttää milloin tahansa: kohde pysyy ennallaan.",
    stopping: "Pysäytetään. Kohde pysyy ennallaan; tämä kestää hetken.",
    restored_equal: "Palautettu. Jokainen rivi täsmää varmuuskopioon.",
    not_all_equal: "Palautettu, mutta kaikki ei täsmää.",
    report_sum: |tables, rows, took, read| {
        format!("{tables}, {rows}, {took}. Luettu tallennuspaikasta: {read}.")
    },
    proof: "Todiste taulu taululta",
    all_equal: "määrät ja tiivisteet täsmäävät",
    not_equal: "eroaa",
    rows_restored: "Rivejä nyt",
    digest: "Tiiviste",
    digests: |archive, target| format!("kopio {archive}\nkohde {target}"),
    equal: "täsmää",
    differs: "eroaa",
    kept_safe: "Korvatut tiedot ovat tallessa",
    kept_safe_more: "Turvakopiossa ovat taulut sellaisina kuin ne olivat juuri ennen tätä palautusta.",
    undo: "Kumoa tämä palautus…",
    undo_reason: |id| format!("kumotaan palautus kopiosta {id}"),
    undo_run_reason: |run| format!("kumotaan ajon {run} palautus"),
    kept_aside: "Vanha tietokanta on tallessa",
    kept_aside_more: |live| {
        format!(
            "{live} sellaisena kuin se oli, myös varmuuskopion jälkeiset muutokset, säilyy tällä nimellä:"
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
                "Siirrä uusi tiedosto syrjään ja palauta vanhalle sen nimi:".to_owned(),
                format!("mv '{live}' '{live}.restored'\nmv '{old}' '{live}'"),
            ),
        ]
    },
    drop_old: "Kun et enää tarvitse sitä",
    drop_old_more: "Tarkista, ettei mitään puutu. Poista sitten vanha tietokanta ja vapauta sen tila:",
    nothing_overwritten: "Mitään ei korvattu",
    nothing_overwritten_more: "Kumottavaa ei ole. Palautetut tiedot ovat täällä:",
    drop_schema: "Kun et enää tarvitse sitä, poista skeema:",
    took: "Kesto",
    in_all: "Yhteensä",
    sequences: |n| {
        if n == 1 { "1 sekvenssi asetettu".to_owned() } else { format!("{} sekvenssiä asetettu", number(n)) }
    },
    sequence_at: |archived, restored| format!("nyt {restored} (kopiossa {archived})"),
    another: "Palauta jotakin muuta",
    failed: "Palautus epäonnistui.",
    stopped: "Pysäytetty. Mitään ei palautettu.",
    stopped_more: "Valintasi ovat yhä täytettyinä. Aloita uudelleen, kun olet valmis.",
    state_untouched: "Kohde on ennallaan.",
    state_uncertain: "Kohteen pitäisi olla ennallaan, mutta palautuksen päättymisestä ei ole varmuutta. Tarkista kohde \
                      ennen uutta yritystä, kuten alla neuvotaan.",
    consequences: "Seuraukset",
    from: "Mistä",
    from_nothing: "Varmuuskopiota ei ole valittu.",
    younger_is_missing: |age| format!("Ei sisällä sen jälkeisiä muutoksia ({age})."),
    chose: |tables| format!("Valittu {tables}"),
    chose_whole: |tables| format!("Koko tietokanta, {tables}"),
    chose_nothing: "Tauluja ei ole valittu",
    to_read: "Luetaan",
    room: "Tarvittava tila",
    about: "Arvioitu kesto",
    not_measured: "tiedossa ensimmäisen palautuksen jälkeen",
    judged_by: |day| format!("Perustuu palautukseen {day}"),
    judged_by_backup: "Arvio tämän varmuuskopion keston mukaan.",
    into: "Minne",
    risks: "Mikä voi mennä vikaan",
    risk: |risk, whole| match risk {
        Risk::NotVerified => (
            "Tätä varmuuskopiota ei ole tarkistettu tällä koneella.",
            "Aitta tarkistaa sen, ennen kuin mitään muutetaan. Voit tarkistaa sen heti omalla sivullaan.",
        ),
        Risk::Damage => (
            "Varmuuskopio voi osoittautua vioittuneeksi.",
            "Jokainen osa tarkistetaan, ennen kuin mitään muutetaan. Valitse silloin toinen varmuuskopio.",
        ),
        Risk::WritersWait => (
            "Näihin tauluihin kirjoittavat ohjelmat joutuvat odottamaan.",
            "Kunnes palautus on valmis tai pysäytetty. Keskeytä ne, jos voit.",
        ),
        Risk::SessionsEnd => (
            "Avoimet yhteydet katkaistaan vaihdossa.",
            "Ohjelmien on yhdistettävä uudelleen. Keskeytä ne ensin, jos voit.",
        ),
        Risk::NewerWork if whole => (
            "Varmuuskopion jälkeisiä muutoksia ei ole palautetussa tietokannassa.",
            "Ne säilyvät vanhassa tietokannassa, toisella nimellä.",
        ),
        Risk::NewerWork => (
            "Varmuuskopion jälkeiset muutokset näihin tauluihin korvataan.",
            "Nykyiset tiedot otetaan ensin talteen. Raportissa on kumoamispainike.",
        ),
        Risk::Elsewhere => {
            ("Samannimiset taulut siellä korvataan.", "Ne otetaan ensin talteen. Esikatselu luettelee ne.")
        }
        Risk::Beside => {
            ("Olemassa olevia tietoja ei muuteta.", "Jos palautus epäonnistuu, kaikki sen luoma poistetaan.")
        }
        Risk::Blocked => ("Palautus estettäisiin.", "Ratkaise merkityt ongelmat ja päivitä."),
        Risk::Warned => ("Varoituksia.", "Lue ne, ennen kuin jatkat."),
        Risk::Interrupted => (
            "Yhteys katkeaa, levy täyttyy tai vertailu epäonnistuu.",
            "Silloin kaikki perutaan, ja raportti kertoo, mitä tehdä.",
        ),
    },
    prove: "Koepalautus",
    prove_more: "Koko varmuuskopio palautetaan uuteen tietokantaan, jokaista riviä verrataan, ja uusi tietokanta poistetaan. \
                 Omaan tietokantaasi ei kosketa, eikä sitä voi tässä valita.",
    prove_from: "Uusin koko tietokannan kopio",
    prove_go: "Koepalauta nyt",
    proving: "Palautetaan uuteen tietokantaan",
    proven: "Todistettu. Palautetun kopion jokainen rivi täsmää varmuuskopioon.",
    proof_failed: "Koepalautus epäonnistui.",
    proof_stopped: "Pysäytetty. Mitään ei todistettu.",
    proof_nothing_left: "Uusi tietokanta poistettiin.",
    prove_again: "Koepalauta uudelleen",
};
