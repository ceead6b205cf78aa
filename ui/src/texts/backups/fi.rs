//! Finnish.

use aitta_model::Depth;

use super::Backups;
use crate::texts::common::plural;

pub(in crate::texts) const FI: Backups = Backups {
    lead: "Kaikki säilön varmuuskopiot ja se, mitä niistä tiedetään.",
    all: |n, size| format!("{}, {size}", plural(n, "varmuuskopio", "varmuuskopiota")),
    some: |n, all, size| {
        format!("{} / {}, {size}", crate::plain::number(n), plural(all, "varmuuskopio", "varmuuskopiota"))
    },
    search: "Hae varmuuskopioita",
    search_hint: "Syy, laji, tietokanta tai tunnus",
    any_state: "Mikä tahansa tila",
    any_kind: "Mikä tahansa laji",
    restored: "palautettu",
    clear: "Tyhjennä rajaukset",
    no_match: "Mikään varmuuskopio ei täsmää",
    no_match_hint: "Säilössä ei ole hakua ja rajauksia vastaavaa kopiota.",
    none: "Varmuuskopioita ei vielä ole",
    none_hint: "Tee ensimmäinen nyt. Se hyväksytään vasta, kun se on luettu takaisin ja tarkistettu.",
    missing: |n| {
        if n == 1 {
            "Yksi täällä tehty varmuuskopio ei ole enää säilössä.".to_owned()
        } else {
            format!("{} täällä tehtyä varmuuskopiota ei ole enää säilössä.", crate::plain::number(n))
        }
    },
    missing_hint: "Joku tai jokin muu on poistanut ne. Jos se ei ollut tarkoitus, selvitä, kenellä on sinne kirjoitusoikeus.",
    strange: |n| {
        if n == 1 {
            "Säilössä on yksi kohde, jolla on tiedoston nimi mutta joka ei ole tiedosto.".to_owned()
        } else {
            format!(
                "Säilössä on {} kohdetta, joilla on tiedoston nimi mutta jotka eivät ole tiedostoja.",
                crate::plain::number(n)
            )
        }
    },
    strange_hint: "Niihin ei kosketa. Selvitä, kuka on pannut ne sinne, ja siirrä ne pois säilöstä.",
    which: "Mitkä",
    deleted: |id, size| format!("{id} on poistettu; tilaa vapautui {size}."),
    state: "Tila",
    when: "Milloin",
    kind: "Laji",
    reason: "Syy",
    size: "Koko",
    rows: "Rivejä",
    took: "Kesti",
    new: "Uusi varmuuskopio",
    new_kind: "Miksi se tehdään?",
    new_reason: "Syy",
    new_reason_hint: "Vapaaehtoinen. Auttaa sitä, joka etsii tätä myöhemmin.",
    new_go: "Aloita varmuuskopiointi",
    kind_manual: "Käsin",
    kind_release: "Ennen julkaisua",
    kind_emergency: "Hätätilanne",
    kind_manual_hint: "koska haluat sellaisen nyt",
    kind_release_hint: "ennen muutoksen käyttöönottoa, jotta paluutie on olemassa",
    kind_emergency_hint: "jokin on menossa pieleen: pelasta se, mikä on vielä tallella",
    busy: "Toinen toiminto on kesken. Sen on ensin päätyttävä.",
    made: |size, rows, took| {
        format!("Varmuuskopio valmis, kesti {took}: {size}, {rows}, luettu takaisin ja tarkistettu.")
    },
    look_at_it: "Avaa se",
    title: |when| format!("Varmuuskopio {when}"),
    partial: "vain osa tauluista",
    copy_id: "Kopioi tunnus",
    copied: "Kopioitu",
    copied_secret: "Kopioitu 30 sekunniksi",
    not_copied: "Ei kopioitu",
    reveal: "Näytä tiedosto",
    delete: "Poista…",
    proof: "Voiko siihen luottaa?",
    is_stored: "Se on kirjoitettu kokonaan, mutta sitä ei ole vielä luettu takaisin. Tarkista se, niin tiedät.",
    is_verified: |ago| {
        format!("Luettu takaisin ja tarkistettu {ago}; jokainen tavu on niin kuin se kirjoitettiin.")
    },
    is_sampled: |ago| {
        format!(
            "Säilö vahvisti jokaisen osan tarkistussumman, ja otos luettiin takaisin ja tarkistettiin {ago}. Tarkista \
             se, niin joka tavu luetaan."
        )
    },
    is_restored: |day| format!("Siitä {day} palautettu data todistettiin samaksi rivi riviltä."),
    is_damaged: |ago| format!("Tarkistus {ago} löysi vaurion. Älä luota siihen, vaan tee uusi varmuuskopio."),
    is_unknown: "Siitä ei tiedetä mitään: se löytyi säilöstä, tai viimeisintä tarkistusta ei voitu tehdä.",
    depth: |depth| match depth {
        Some(Depth::Sampled) => "Säilön vahvistama, otos luettu ja todennettu",
        Some(Depth::Stored) => "Joka tavu luettu ja todennettu",
        Some(Depth::Content) => "Salaus purettu, rivit laskettu, tiivisteet verrattu",
        Some(Depth::Restored) => "Palautettu, määrät ja tiivisteet samat",
        None => "Tarkistettu",
    },
    all_well: "ei vikoja",
    no_checks: "Tarkistuksia ei ole kirjattu.",
    verify: "Tarkista",
    verify_how: "Kuinka syvältä",
    level_stored: "Tavut",
    level_content: "Sisältö",
    level_stored_hint: "Lukee tiedoston ja tarkistaa kaikki todennukset, rakenteen ja tarkistussumman.",
    level_content_hint: "Lisäksi purkaa kaiken salauksen, laskee rivit ja vertaa tiivisteitä. Kestää kauemmin.",
    whole: |frames, bytes, took| format!("Se on ehjä: {frames} kehystä, luettu {bytes}, kesti {took}."),
    counted: |rows| format!("Laskettu {rows}, kaikki tiivisteet täsmäävät."),
    about: "Tiedot",
    database: "Tietokanta",
    source: "Lähde",
    writer: "Tekijä",
    file: "Tiedosto",
    location: "Missä se on",
    further: "Kopio",
    not_there_yet: "ei vielä kopioitu",
    checksum: "Tarkistussumma (SHA-256)",
    check_by_hand: "Tarkista se ilman Aittaa; otsake jätetään pois, koska avainten vaihto kirjoittaa sen uudelleen:",
    copy_command: "Kopioi komento",
    keys: "Avaimet, joilla se aukeaa",
    remarks: "Huomautukset",
    tables: "Taulut",
    find_table: "Etsi taulua",
    table: "Taulu",
    size_before: "Data",
    size_stored: "Kopiossa",
    columns: "Sarakkeet",
    columns_n: |n| plural(n, "sarake", "saraketta"),
    digest: "Tiiviste",
    show_all: |n| format!("Näytä kaikki {} taulua", crate::plain::number(n)),
    no_table: "Minkään taulun nimi ei täsmää.",
    delete_title: "Poistetaanko tämä varmuuskopio?",
    delete_what: |when, rows, size| {
        format!("Varmuuskopio {when}, jossa on {rows} ({size}), häviää lopullisesti.")
    },
    delete_not: "Tietokantaasi ei kosketa.",
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
    remains_none: "Se on ainoa: sen jälkeen varmuuskopioita ei ole lainkaan.",
    delete_type: "Vahvista kirjoittamalla tunnuksen kahdeksan viimeistä merkkiä:",
    delete_go: "Poista lopullisesti",
    keep: "Säilytä",
};
