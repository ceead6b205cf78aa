//! Finnish.

use aitta_model::{Excess, GuardState};

use super::{Lack, Setup, StoreLack};

pub(in crate::texts) const FI: Setup = Setup {
    welcome: "Tervetuloa Aittaan",
    welcome_words: "Salatut varmuuskopiot, jotka luetaan takaisin joka kerta, ja palautukset, jotka todistetaan rivi riviltä. \
        Ensimmäinen varmuuskopio on valmis muutamassa minuutissa.",
    start: "Ota käyttöön",
    start_words: "Yhdistä tietokanta, valitse tallennuspaikka, luo avain.",
    try_sample: "Kokeile esimerkkiaineistolla",
    sample_words: "Keksityn autopesulan varmuuskopiot kolmelta kuukaudelta. Omiin tietoihisi ei kosketa.",
    making_sample: "Luodaan varmuuskopiot kolmelta kuukaudelta. Tämä kestää noin kymmenen sekuntia.",
    steps: "Vaiheet",
    step_names: ["Tietokanta", "Tallennus", "Menetysraja", "Avain", "Ensimmäinen kopio"],
    done_step: "valmis",
    back: "Takaisin",
    next: "Jatka",
    new_profile: "Ota käyttöön toinen profiili",
    profile_name: "Profiilin nimi",
    profile_name_hint: "Lyhyt, esimerkiksi tietokannan nimi.",
    profile_taken: "Tämänniminen profiili on jo olemassa. Valitse toinen nimi.",
    database: "Mikä tietokanta suojataan?",
    database_words: "Aitta vain lukee sitä. Mitään ei muuteta.",
    kind: "Tietokannan tyyppi",
    postgres_words: "Palvelin, versiot 12–18",
    sqlite_words: "Tiedosto tällä koneella",
    by_parts: "Tiedot",
    by_url: "URL",
    how: "Syöttötapa",
    host: "Palvelin",
    port: "Portti",
    database_name: "Tietokanta",
    user: "Käyttäjä",
    password: "Salasana",
    url_hint: "Esimerkiksi postgres://user@host:5432/database. Siinä oleva salasana tallennetaan järjestelmän avainnippuun.",
    password_hint: "Tallennetaan järjestelmän avainnippuun, ei koskaan tiedostoon. Jätä tyhjäksi, jos salasanaa ei tarvita.",
    url: "Yhteyden URL",
    path: "Tiedoston polku",
    path_hint: "Koko polku, esimerkiksi /srv/data/kauppa.db",
    path_full: |path| format!("Koko polku: {path}"),
    path_incomplete: "Anna koko polku: sen alussa on / tai ~/.",
    choose: "Valitse…",
    password_keep: "Salasana on tallessa. Säilytä se jättämällä tyhjäksi.",
    password_of_another: "Tallessa oleva salasana kuuluu edelliseen yhteyteen. Anna tämän yhteyden salasana.",
    tls: "Salaus (TLS)",
    tls_mode: |mode| {
        let words = match mode {
            "" => "Automaattinen: vaaditaan, ellei palvelin ole tällä koneella",
            "disable" => "Pois: salasana ja tiedot kulkevat salaamatta",
            "require" => "Vaaditaan",
            "verify-ca" => "Vaaditaan, varmenne tarkistetaan",
            "verify-full" => "Vaaditaan, varmenne ja palvelimen nimi tarkistetaan",
            other => other,
        };
        words.to_owned()
    },
    lack: |lack| match lack {
        Lack::Host => "Anna palvelimen nimi tai osoite.",
        Lack::Port => "Anna portti väliltä 1–65535 (tavallisesti 5432).",
        Lack::Database => "Anna tietokannan nimi.",
        Lack::User => "Anna käyttäjä, jolla yhteys otetaan.",
        Lack::Url => "Anna URL, esimerkiksi postgres://käyttäjä:salasana@palvelin:5432/tietokanta.",
        Lack::Path => "Anna tietokantatiedoston polku.",
    },
    check_connection: "Testaa yhteys",
    checking: "Testataan…",
    answers: |version| format!("Yhteys toimii: {version}"),
    too_many_rights: |user| format!("Käyttäjällä {user} on enemmän oikeuksia kuin varmuuskopiointi vaatii:"),
    excess: |excess| {
        Some(match excess {
            Excess::Superuser => "Pääkäyttäjä: voi tehdä koko palvelimella mitä tahansa".to_owned(),
            Excess::Roles => "Voi luoda ja muuttaa muita rooleja (CREATEROLE)".to_owned(),
            Excess::Replication => "Voi lukea koko palvelinta (REPLICATION)".to_owned(),
            Excess::Owns => {
                "Omistaa varmuuskopioitavat tiedot ja voi muuttaa ja poistaa niitä; varmuuskopiointiin riittää lukuoikeus"
                    .to_owned()
            }
            Excess::Becomes { owners } => format!(
                "Voi toimia roolina {} ja muuttaa ja poistaa varmuuskopioitavia tietoja; sitä tarvitaan vain palautuksessa",
                owners.join(", ")
            ),
            Excess::Databases => "Voi luoda tietokantoja; sitä tarvitaan vain palautuksessa".to_owned(),
            Excess::Other => return None,
        })
    },
    roles: "Roolit, joilla on vain tarvittavat oikeudet",
    roles_hint: "SQL tälle palvelimelle, pääkäyttäjän ajettavaksi psql:ssä: yksi rooli varmuuskopioille, toinen palautuksille.",
    role_lacks: "Tämä rooli ei voi tehdä tätä:",
    store: "Mihin varmuuskopiot tallennetaan?",
    store_words: "Valitse paikka, joka säilyy, vaikka tietokantapalvelin tuhoutuisi.",
    folder: "Kansio",
    path_of_folder: "Koko polku, esimerkiksi /mnt/backup/aitta.",
    folder_hint: "Koko polku, esimerkiksi /mnt/backup/aitta. Kansio luodaan, jos yläkansio on olemassa.",
    store_lack: |lack| match lack {
        StoreLack::Folder => "Anna kansion polku.",
        StoreLack::Bucket => "Anna bucketin nimi.",
        StoreLack::Account => "Anna tallennustilin nimi.",
        StoreLack::Container => "Anna containerin nimi.",
        StoreLack::Secret => "Anna sekä tunnus että salainen avain, tai jätä molemmat tyhjiksi.",
    },
    store_kind: "Tallennuspaikan tyyppi",
    local_words: "Toinen levy, verkkolevy tai ulkoinen asema.",
    s3_words: "AWS S3 tai S3-yhteensopiva palvelin.",
    azure_words: "Microsoft Azure Blob Storage.",
    bucket: "Bucket",
    region: "Alue",
    region_hint: "Oletus: eu-north-1",
    access_id: "Käyttöavaimen tunnus",
    access_hint: "Jätä tyhjäksi, jos käytetään tämän koneen AWS-profiilia, SSO:ta tai roolia.",
    access_secret: "Salainen avain",
    store_secret_hint: "Tallennetaan vain avainnippuun.",
    store_secret_kept: "Avainnipussa on jo avain. Säilytä se jättämällä tyhjäksi.",
    store_more: "Lisäasetukset",
    endpoint: "Päätepiste",
    endpoint_hint: "Muille kuin AWS:n palvelimille, esimerkiksi https://s3.example.com",
    azure_endpoint_hint: "Muille palvelimille kuin Azure.",
    prefix: "Etuliite",
    prefix_hint: "Jätä tyhjäksi, jos varmuuskopiot tallennetaan ylimmälle tasolle.",
    path_style: "Käytä polkumuotoisia osoitteita",
    plain_http: "Yhdistä ilman TLS-salausta verkossa, johon luotan",
    old_checksums: "Yhteensopivuustila (ei CRC-tarkistussummia)",
    account: "Tallennustili",
    container: "Container",
    azure_key: "Tilin avain, SAS tai yhteysmerkkijono",
    guard_fine: "Kunnossa",
    guard_warning: "Varoitus",
    guard_unknown: "Ei tiedossa",
    check_store: "Testaa tallennuspaikka",
    writable: "Kirjoitus, luku ja poisto toimivat",
    free: |size| format!("{size} vapaana"),
    archives_there: |n| match n {
        0 => "ei vielä varmuuskopioita".to_owned(),
        1 => "1 varmuuskopio on jo siellä".to_owned(),
        n => format!("{} varmuuskopiota on jo siellä", crate::plain::number(n)),
    },
    guard: |guard, state| {
        Some(match (guard, state) {
            ("public_access", GuardState::Fine) => "Ei julkisesti luettavissa",
            ("public_access", GuardState::Warning) => {
                "Kuka tahansa voi lukea varmuuskopioita. Estä julkinen pääsy bucketin tai containerin asetuksissa."
            }
            ("public_access", GuardState::Unknown) => "Julkista luettavuutta ei voitu selvittää.",
            ("versioning", GuardState::Fine) => "Versiot säilyvät: poistetut ja korvatut voi palauttaa",
            ("versioning", GuardState::Warning) => {
                "Versioita ei säilytetä: poistettu katoaa heti. Ota versiointi käyttöön bucketin asetuksissa."
            }
            ("versioning", GuardState::Unknown) => "Versioiden säilymistä ei voitu selvittää.",
            ("encryption", GuardState::Fine) => "Tallennuspaikka salaa tiedot vielä kertaalleen",
            ("encryption", GuardState::Warning) => {
                "Tallennuspaikka ei salaa tietoja: vain Aitan oma salaus suojaa niitä. Ota oletussalaus käyttöön siellä."
            }
            ("encryption", GuardState::Unknown) => "Tallennuspaikan omaa salausta ei voitu selvittää.",
            ("object_lock", GuardState::Fine) => "Lukittu poistamiselta, kunnes säilytysaika on päättynyt",
            ("object_lock", GuardState::Warning) => {
                "Object Lock tai muuttumattomuuskäytäntö puuttuu: näillä tunnuksilla voi poistaa kaikki varmuuskopiot. Ota se \
                 käyttöön tallennuspaikassa."
            }
            ("object_lock", GuardState::Unknown) => "Poistosuojausta ei voitu selvittää.",
            ("create_only", GuardState::Fine) => "Olemassa olevia varmuuskopioita ei voi korvata",
            ("create_only", GuardState::Warning) => {
                "Tallennuspaikka ei estä korvaamista. Aitta tarkistaa ennen jokaista kirjoitusta; älä anna minkään muun \
                 kirjoittaa sinne."
            }
            ("create_only", GuardState::Unknown) => "Korvaamisen estoa ei voitu selvittää.",
            ("deletion", _) => {
                "Poistaminen on estetty: vanhentuneet varmuuskopiot säilyvät, kunnes joku muu poistaa ne."
            }
            _ => return None,
        })
    },
    loss: "Kuinka paljon tietoja saa enintään menettää?",
    loss_words: "Jos tietokanta menetetään, viimeisen varmuuskopion jälkeiset muutokset katoavat. Yleiskuva vertaa \
        varmuuskopioita tähän rajaan. Varmuuskopiointi käynnistyy itsestään vasta, kun ajastus on otettu käyttöön (auto_backup asetustiedostossa).",
    hour: "1 tunti",
    hour_words: "Tilaukset, varaukset, maksut",
    four_hours: "4 tuntia",
    four_hours_words: "Tiedot, jotka voi syöttää uudelleen",
    one_day: "1 päivä",
    one_day_words: "Harvoin muuttuva tieto",
    loss_note: "Voit muuttaa tätä myöhemmin asetuksissa.",
    key: "Tällä avaimella varmuuskopiot avataan",
    key_words: "Ilman avainta kukaan ei voi avata niitä, et edes sinä. Säilytä kopio paikassa, josta löydät sen hädän hetkellä: \
        paperilla kassakaapissa tai salasananhallinnassa.",
    key_there: "Sinulla on jo avain",
    key_there_words: "Se salaa myös tämän profiilin varmuuskopiot. Pidä kopiosi tallessa.",
    key_id: |id| format!("Avain {id}"),
    no_keychain: "Kaksi tapaa jatkaa:",
    no_keychain_open: "Käynnistä ja avaa työpöytäsi avainnippu (GNOME Keyring, KWallet, KeePassXC) ja yritä uudelleen.",
    no_keychain_variable: "Tai luo avain päätteessä tällä komennolla, säilytä siitä kopio ja käynnistä Aitta niin, että avain on sen ympäristössä, kuten käyttöohje neuvoo.",
    first: "Valmiina ensimmäiseen varmuuskopioon",
    first_words: "Aitta lukee tietokannan, salaa sen, kirjoittaa sen ja lukee kaiken takaisin.",
    make_backup: "Tee ensimmäinen varmuuskopio",
    not_saved: "Mitään ei ole vielä otettu käyttöön: tietokanta tai tallennuspaikka ei läpäissyt testiä.",
    saving: "Tallennetaan profiilia…",
    saved_not_backed_up: "Profiili on tallennettu, mutta varmuuskopiointi epäonnistui:",
    verified: "Ensimmäinen varmuuskopio on tarkistettu",
    verified_words: |tables, rows| {
        format!("{tables}, {rows}: salattu, tallennettu ja luettu takaisin viimeistä tavua myöten.")
    },
    read_back: |n| format!("{} kehystä tarkistettu", crate::plain::number(n)),
    to_dashboard: "Siirry yleiskuvaan",
    without_backup: "Jatka ilman varmuuskopiota",
    size: "Koko",
    took: "Kesto",
    place: "Sijainti",
};
