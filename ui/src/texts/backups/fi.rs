//! Finnish.

use aitta_model::Depth;

use super::Backups;
use crate::texts::common::plural;

pub(in crate::texts) const FI: Backups = Backups {
    lead: "Kaikki tallennuspaikan varmuuskopiot ja niiden tila.",
    all: |n, size| format!("{}, {size}", plural(n, "varmuuskopio", "varmuuskopiota")),
    some: |n, all, size| {
        format!("{} / {}, {size}", crate::plain::number(n), plural(all, "varmuuskopio", "varmuuskopiota"))
    },
    search: "Hae varmuuskopioita",
    search_hint: "Syy, tyyppi, tietokanta tai tunnus",
    any_state: "Kaikki tilat",
    any_kind: "Kaikki tyypit",
    restored: "palautettu",
    clear: "Tyhjennä suodattimet",
    no_match: "Ei hakutuloksia",
    no_match_hint: "Hakua ja suodattimia vastaavia varmuuskopioita ei ole.",
    none: "Ei vielä varmuuskopioita",
    none_hint: "Tee ensimmäinen nyt. Se hyväksytään, kun se on luettu takaisin ja tarkistettu.",
    none_here: "Tässä tallennuspaikassa ei ole varmuuskopioita",
    first_here: "Tee varmuuskopio nyt, niin sellainen on myös täällä.",
    elsewhere: |n| match n {
        1 => "1 varmuuskopio oli lisätallennuspaikassa, kun se viimeksi nähtiin.".to_owned(),
        n => format!(
            "{} varmuuskopiota oli lisätallennuspaikoissa, kun ne viimeksi nähtiin.",
            crate::plain::number(n)
        ),
    },
    missing: |n| {
        if n == 1 {
            "Yksi täällä tehty varmuuskopio on kadonnut tallennuspaikasta.".to_owned()
        } else {
            format!("{} täällä tehtyä varmuuskopiota on kadonnut tallennuspaikasta.", crate::plain::number(n))
        }
    },
    missing_hint: "Jokin muu kuin Aitta on poistanut ne. Jos se ei ollut tarkoitus, tarkista, kenellä on kirjoitusoikeus.",
    strange: |n| {
        if n == 1 {
            "Tallennuspaikassa on yksi kohde, joka on nimetty kuin tiedosto mutta ei ole tavallinen tiedosto."
                .to_owned()
        } else {
            format!(
                "Tallennuspaikassa on {} kohdetta, jotka on nimetty kuin tiedostot mutta eivät ole tavallisia tiedostoja.",
                crate::plain::number(n)
            )
        }
    },
    strange_hint: "Aitta ei koske niihin. Selvitä, mistä ne ovat peräisin, ja siirrä ne pois tallennuspaikasta.",
    which: "Mitkä",
    deleted: |id, size| format!("{id} poistettu; tilaa vapautui {size}."),
    state: "Tila",
    when: "Aika",
    kind: "Tyyppi",
    reason: "Syy",
    size: "Koko",
    rows: "Rivejä",
    took: "Kesto",
    new: "Uusi varmuuskopio",
    new_kind: "Tyyppi",
    new_reason: "Syy",
    new_reason_hint: "Vapaaehtoinen. Auttaa löytämään tämän varmuuskopion myöhemmin.",
    new_go: "Aloita varmuuskopiointi",
    kind_manual: "Käsin",
    kind_release: "Ennen julkaisua",
    kind_emergency: "Hätätilanne",
    kind_manual_hint: "Tehdään pyynnöstä",
    kind_release_hint: "Ennen muutoksen käyttöönottoa, paluutieksi",
    kind_emergency_hint: "Jokin on menossa pieleen: pelasta, mitä on jäljellä",
    busy: "Toinen toiminto on käynnissä. Odota, että se päättyy.",
    made: |size, rows, took| {
        format!("Varmuuskopio valmistui ajassa {took}: {size}, {rows}, luettu takaisin ja tarkistettu.")
    },
    look_at_it: "Avaa",
    title: |when| format!("Varmuuskopio {when}"),
    partial: "vain osa tauluista",
    copy_id: "Kopioi tunnus",
    copied: "Kopioitu",
    copied_secret: "Kopioitu 30 sekunniksi",
    not_copied: "Ei kopioitu",
    reveal: "Näytä tiedosto",
    delete: "Poista…",
    proof: "Onko se ehjä?",
    is_stored: "Kirjoitettu kokonaan, mutta ei vielä luettu takaisin. Varmistu asiasta tarkistamalla se.",
    is_verified: |ago| {
        format!("Luettu takaisin ja tarkistettu {ago}; jokainen tavu on niin kuin se kirjoitettiin.")
    },
    is_sampled: |ago| {
        format!(
            "Tallennuspaikka vahvisti jokaisen osan tarkistussumman, ja otos luettiin takaisin {ago}. Tarkistus lukee \
             jokaisen tavun."
        )
    },
    is_restored: |day| format!("Varmuuskopiosta {day} palautetut tiedot täsmäsivät rivi riviltä."),
    is_damaged: |ago| {
        format!("Tarkistus löysi vaurion {ago}. Älä luota tähän varmuuskopioon, vaan tee uusi.")
    },
    is_unknown: "Ei tarkistettu: varmuuskopio löytyi tallennuspaikasta, tai viimeisin tarkistus ei onnistunut.",
    depth: |depth| match depth {
        Some(Depth::Sampled) => "Tallennuspaikan vahvistama, otos luettu ja todennettu",
        Some(Depth::Stored) => "Joka tavu luettu ja todennettu",
        Some(Depth::Content) => "Salaus purettu, rivit laskettu, tiivisteet verrattu",
        Some(Depth::Restored) => "Palautettu, määrät ja tiivisteet täsmäävät",
        None => "Tarkistettu",
    },
    all_well: "ei vaurioita",
    no_checks: "Ei tarkistuksia.",
    verify: "Tarkista",
    verify_how: "Tarkkuus",
    level_stored: "Tavut",
    level_content: "Sisältö",
    level_stored_hint: "Lukee tiedoston ja tarkistaa kaikki todennustunnisteet, rakenteen ja tarkistussumman.",
    level_content_hint: "Purkaa lisäksi salauksen, laskee rivit ja vertaa tiivisteet. Kestää kauemmin.",
    whole: |frames, bytes, took| format!("Ehjä: {frames} kehystä, {bytes} luettu ajassa {took}."),
    counted: |rows| format!("{rows} laskettu, kaikki tiivisteet täsmäävät."),
    about: "Tiedot",
    database: "Tietokanta",
    source: "Lähde",
    writer: "Luonut",
    file: "Tiedosto",
    location: "Sijainti",
    further: "Lisäkopio",
    not_there_yet: "ei vielä kopioitu",
    checksum: "Tarkistussumma (SHA-256)",
    check_by_hand: "Tarkista tiedosto ilman Aittaa. Otsake jätetään pois, koska avaimen vaihto kirjoittaa sen uudelleen:",
    copy_command: "Kopioi komento",
    keys: "Avataan avaimella",
    remarks: "Huomautukset",
    tables: "Taulut",
    find_table: "Etsi taulua",
    table: "Taulu",
    size_before: "Tiedot",
    size_stored: "Kopiossa",
    columns: "Sarakkeet",
    columns_n: |n| plural(n, "sarake", "saraketta"),
    digest: "Tiiviste",
    show_all: |n| format!("Näytä kaikki {} taulua", crate::plain::number(n)),
    no_table: "Ei hakutuloksia.",
    delete_title: "Poistetaanko tämä varmuuskopio?",
    delete_what: |when, rows, size| format!("Varmuuskopio {when} ({rows}, {size}) poistetaan pysyvästi."),
    delete_not: "Tietokantaasi ei muuteta.",
    remains: |n, ago| {
        format!(
            "Jäljelle jää {}; uusin tarkistettu on tehty {ago}.",
            plural(n, "varmuuskopio", "varmuuskopiota")
        )
    },
    remains_no_good: |n| {
        format!(
            "Jäljelle jää {}, eikä yhtäkään niistä ole tarkistettu. Tarkista ensin jokin niistä.",
            plural(n, "varmuuskopio", "varmuuskopiota")
        )
    },
    remains_none: "Tämä on ainoa varmuuskopio. Poiston jälkeen niitä ei ole yhtään.",
    delete_type: "Vahvista kirjoittamalla tunnuksen kahdeksan viimeistä merkkiä:",
    delete_go: "Poista pysyvästi",
    keep: "Peruuta",
};
