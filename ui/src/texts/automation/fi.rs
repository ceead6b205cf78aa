//! Finnish.

use aitta_model::{ChannelKind, Duty, HoldKind, PruneBlock, RuleField};

use super::Automation;
use crate::texts::common::{of, plural};

pub(in crate::texts) const FI: Automation = Automation {
    title: "Automaatio",
    lead: "Mitä Aitta tekee ajastetusti tälle profiilille ja kenelle se kertoo, jos jokin epäonnistuu.",
    schedule: "Ajastus",
    change: "Muuta…",
    off: "Ajastus ei ole käytössä",
    off_what: "Varmuuskopioita tehdään vain, kun käynnistät ne itse.",
    by_window: "Tämä sovellus käynnistää varmuuskopioinnit",
    by_window_what: "Kun se on auki tai ilmaisinalueella.",
    by_agent: "Aitta-agentti käynnistää varmuuskopioinnit",
    by_timer: "Tämän koneen ajastin käynnistää varmuuskopioinnit",
    by_other: "Toinen ohjelma käynnistää varmuuskopioinnit",
    by_nobody: "Mikään ei käynnistä varmuuskopiointeja",
    settling: "Ajastusta muutettiin juuri",
    settling_what: "Varmuuskopiointien käynnistäjä selviää puolen minuutin kuluessa.",
    nobody_what: "Ajastus on käytössä, mutta mikään ohjelma ei noudata sitä, joten varmuuskopioita ei synny. Pidä tämä \
        sovellus auki, aja palveluna aitta agent run tai anna cronin tai systemd-ajastimen ajaa aitta schedule run-due.",
    process: |pid, since| format!("Prosessi {pid}, käynnissä {since} alkaen."),
    looked: |ago| format!("Se tarkisti ajastuksen viimeksi {ago}."),
    window: "Tämä sovellus",
    agent: "Aitta-agentti",
    timer: "Ajastin",
    other: "Toinen ohjelma",
    other_rule: |who, rule| {
        format!("{who} noudattaa toista sääntöä: {rule}. Anna molemmille ohjelmille samat asetukset.")
    },
    rule_hourly: |minute| match minute {
        0 => "Tasatunnein".to_owned(),
        _ => format!("Joka tunti, {minute} min yli"),
    },
    rule_daily: |clock| format!("Joka päivä klo {clock}"),
    rule_weekly: |weekday, clock| format!("Joka {} klo {clock}", of(&WEEKDAYS, weekday)),
    rule_own: |pattern| format!("Säännöllä {pattern}"),
    weekday: |weekday| of(&SHORT, weekday),
    next: "Seuraavaksi",
    in_span: |span| format!("{span} päästä"),
    now_due: "nyt",
    last: "Viimeksi",
    never_due: "Mitään ei ole vielä ollut vuorossa.",
    duty: |duty| match duty {
        Some(Duty::Backup) => "Varmuuskopiointi",
        Some(Duty::Prune) => "Vanhojen karsinta",
        Some(Duty::Verify) => "Kaikkien varmuuskopioiden tarkistus",
        Some(Duty::Trail) => "Tapahtumalokin tarkistus",
        None => "Jokin muu",
    },
    paused: |until| format!("Keskeytetty: mitään ei tehdä itsestään ennen kuin {until}."),
    paused_by: |person, reason| {
        format!("{person}: {reason}. Jatka aiemmin komennolla ”aitta schedule resume”.")
    },
    slot_done: "tehty",
    slot_not_copied: "tehty, ei kopioitu",
    slot_held_back: "valmis, osa jätetty",
    slot_found: "valmis, löytyi vikaa",
    slot_begun: "käynnissä",
    slot_waits: "epäonnistui, yritetään uudelleen",
    slot_waits_for_run: "odottaa toista ajoa",
    slot_stopped: "pysäytetty, jatkuu",
    slot_given_up: |attempts| format!("epäonnistui, {}", plural(u64::from(attempts), "yritys", "yritystä")),
    slot_unknown: "ei tiedossa",
    slot_again: |when| format!("Seuraava yritys {when}."),
    missed: |n, named, more| {
        let runs = plural(n, "väliin jääneen ajon", "väliin jäänyttä ajoa");
        match more {
            0 => format!("Korvaa myös {runs}: {named}."),
            more => format!("Korvaa myös {runs}: {named} ja {} aiempaa.", crate::plain::number(more)),
        }
    },
    look_at_run: "Näytä ajo",
    retention: "Säilytys",
    keeps_days: |n| match n {
        1 => "Jokainen varmuuskopio säilyy yhden päivän.".to_owned(),
        n => format!("Jokainen varmuuskopio säilyy {}.", plural(n, "päivän", "päivää")),
    },
    keeps_spans: |spans| format!("Sen jälkeen säilyy kunkin jakson uusin tarkistettu varmuuskopio: {spans}."),
    weeks: |n| plural(n, "viikko", "viikkoa"),
    months: |n| plural(n, "kuukausi", "kuukautta"),
    years: |n| plural(n, "vuosi", "vuotta"),
    two_steps: "Karsinta siirtää vanhat varmuuskopiot pois luetteloista ja poistaa ne viikkoa myöhemmin. Siihen asti ne voi palauttaa luetteloihin.",
    coming: "Tulossa",
    coming_none: "Mitään ei poistu: kaikki varmuuskopiot säilyvät toistaiseksi.",
    goes_next: "karsinnassa",
    at_next_prune: "Seuraava karsinta",
    n_put_away: |n| format!("{} siirretään pois", plural(n, "varmuuskopio", "varmuuskopiota")),
    n_deleted: |n| format!("{} poistetaan", plural(n, "varmuuskopio", "varmuuskopiota")),
    held_back: |n| match n {
        1 => "1 varmuuskopio jää odottamaan.".to_owned(),
        n => format!("{} jää odottamaan.", plural(n, "varmuuskopio", "varmuuskopiota")),
    },
    nothing_goes: "ei poista mitään",
    in_store: |place| format!("Paikassa {place}:"),
    block: |block| match block {
        PruneBlock::Overdue => (
            "Uudempi tarkistettu varmuuskopio on myöhässä, joten vanhat voivat olla ainoat.".to_owned(),
            "Varmuuskopioi nyt ja karsi sitten.",
        ),
        PruneBlock::ListIncomplete => (
            "Tallennuspaikasta puuttuu varmuuskopioita, jotka on tehty täällä.".to_owned(),
            "Ne on lueteltu sivulla ”Varmuuskopiot”. Tarkista, että oikea levy tai säilö on kytketty.",
        ),
        PruneBlock::SameId => (
            "Tallennuspaikassa on kaksi varmuuskopiota, joilla on sama tunnus.".to_owned(),
            "Selvitä, kumpi ei ole Aitan tekemä, ja siirrä se pois tallennuspaikasta.",
        ),
        PruneBlock::ClockJumped => (
            "Tämän koneen kello on jäljessä aiemmasta, joten varmuuskopioiden ikään ei voi luottaa."
                .to_owned(),
            "Aseta kello. Jos se on nyt oikeassa, karsi ja anna syy.",
        ),
        PruneBlock::LooserRules => (
            "Säännöt säilyttävät nyt vähemmän kuin ne, jotka joku on aiemmin hyväksynyt.".to_owned(),
            "Katso, mitä poistuisi. Jos se on tarkoitus, karsi ja anna syy.",
        ),
        PruneBlock::NewestDamaged => (
            "Uusin varmuuskopio luettiin takaisin, ja se on vioittunut.".to_owned(),
            "Varmuuskopioi nyt ja selvitä, mitä uusimmalle on tapahtunut.",
        ),
        PruneBlock::NothingVerified => (
            "Yhtäkään koko tietokannan varmuuskopiota ei ole tarkistettu.".to_owned(),
            "Tarkista uusin varmuuskopio sen sivulla tai varmuuskopioi nyt.",
        ),
        PruneBlock::TooMany { going, of, share } => (
            format!(
                "Vuorokaudessa poistuisi {} / {} varmuuskopiota; raja on {}.",
                crate::plain::number(*going),
                crate::plain::number(*of),
                crate::plain::percent(*share)
            ),
            "Katso, mitä poistuisi. Jos se on tarkoitus, karsi ja anna syy.",
        ),
    },
    others: |n| {
        format!(
            "Nämä säännöt eivät koske {} täällä: ne ovat muiden tietokantojen tai profiilien.",
            plural(n, "varmuuskopiota", "varmuuskopiota")
        )
    },
    none: "Ei vielä varmuuskopioita",
    none_hint: "Kun varmuuskopioita on, tästä näkee, mitkä niistä säilyvät ja mihin asti.",
    filter: "Näytä",
    all: "Kaikki",
    going: "Poistuvat",
    put_away: "Pois siirretyt",
    staying: "Säilyvät",
    held: "Lukitut",
    no_match: "Ei tällaisia varmuuskopioita",
    no_match_hint: "Mikään varmuuskopio ei ole nyt tässä tilassa.",
    fate: "Tila",
    goes: "Poistuu",
    why: "Miksi",
    fate_goes: "poistuu",
    fate_away: "pois siirretty",
    fate_held: "lukittu",
    fate_stays: "säilyy",
    why_rules: "vanhempi kuin säännöt säilyttävät",
    why_away: |when| format!("siirretty pois {when}"),
    why_newest: "uusin tarkistettu varmuuskopio",
    why_not_replaced: "uudempi kuin uusin tarkistettu",
    why_young: |days| match days {
        1 => "alle päivän ikäinen".to_owned(),
        n => format!("alle {} ikäinen", plural(n, "päivän", "päivän")),
    },
    why_day: |day| format!("päivän {day} uusin tarkistettu"),
    why_week: |monday| format!("viikon ({monday} alkaen) uusin tarkistettu"),
    why_month: |month, year| format!("uusin tarkistettu: {month} {year}"),
    why_year: |year| format!("vuoden {year} uusin tarkistettu"),
    why_held: |kind| match kind {
        Some(HoldKind::Pin) => "lukittu",
        Some(HoldKind::Legal) => "lakisääteinen säilytys",
        Some(HoldKind::Loss) => "lukittu: sen jälkeen hävisi rivejä",
        Some(HoldKind::Rebuilt) => "lukittu: löytyi, kun luettelo tehtiin uudelleen",
        None => "lukittu",
    },
    until: |day| format!("{day} asti"),
    why_locked: "tallennuspaikan lukitsema",
    of: |when| format!("Varmuuskopio {when}"),
    not_covered: "Nämä säännöt eivät koske tätä varmuuskopiota: se ei ole enää tallennuspaikassa tai on toisen tietokannan.",
    goes_on: |day| format!("Voidaan siirtää pois {day} alkaen."),
    deleted_on: |day| format!("Siirretty pois. Voidaan poistaa {day} alkaen."),
    by_person: |who| format!("lukitsija {who}"),
    how_long: "Kuinka kauan se säilyy, lukitus…",
    open_backup: "Avaa varmuuskopio",
    pin: "Lukitse…",
    pin_go: "Lukitse",
    pin_what: "Lukittu varmuuskopio säilyy kaikissa tallennuspaikoissa säännöistä riippumatta.",
    pin_until: "Mihin asti (valinnainen)",
    pin_until_hint: "Jos jätät tyhjäksi, se säilyy, kunnes lukitus poistetaan.",
    legal: "Laki vaatii säilyttämään",
    unpin: "Poista lukitus…",
    unpin_go: "Poista lukitus",
    unpin_what: "Poistaa tämän varmuuskopion kaikki lukitukset. Sen jälkeen säännöt koskevat sitä taas, jo seuraavassa karsinnassa.",
    put_back: "Palauta luetteloon…",
    put_back_go: "Palauta luetteloon",
    put_back_what: "Se palaa luetteloihin ja lukitaan, koska säännöt siirtäisivät sen taas pois. Sen jokainen tavu luetaan takaisin.",
    pinned: "Lukittu",
    unpinned: "Lukitus poistettu",
    is_back: "Palautettu luetteloon, lukittu ja tarkistettu",
    is_back_damaged: "Palautettu luetteloon ja lukittu, mutta tarkistus epäonnistui:",
    prune: "Karsi nyt…",
    prune_title: "Sovelletaanko sääntöjä nyt?",
    prune_what: |away, deleted| match (away, deleted) {
        (0, 0) => "Säännöt eivät poista nyt mitään. Ajo kirjataan silti.".to_owned(),
        (away, 0) => {
            format!("{} siirretään pois. Mitään ei poisteta.", plural(away, "varmuuskopio", "varmuuskopiota"))
        }
        (0, deleted) => {
            format!(
                "{} poistetaan lopullisesti.",
                plural(deleted, "pois siirretty varmuuskopio", "pois siirrettyä varmuuskopiota")
            )
        }
        (away, deleted) => format!(
            "{} siirretään pois ja {} poistetaan lopullisesti.",
            plural(away, "varmuuskopio", "varmuuskopiota"),
            plural(deleted, "aiemmin pois siirretty", "aiemmin pois siirrettyä")
        ),
    },
    prune_anyway: "Karsi silti",
    prune_go: "Karsi",
    pruned: |away, deleted, freed| {
        format!(
            "Siirretty pois: {}. Poistettu: {}. Tilaa vapautui {freed}.",
            crate::plain::number(away),
            crate::plain::number(deleted)
        )
    },
    pruned_none: "Mitään ei tarvinnut poistaa.",
    notices: "Ilmoitukset",
    nobody_told: "Kukaan ei saa tietoa, jos varmuuskopiointi epäonnistuu",
    told_by: |channels| format!("Ilmoitukset menevät: {channels}"),
    told_what: "Jokaisesta ongelmasta kerrotaan kerran, uudelleen vuorokauden päästä ja vielä kerran, kun se on ohi.",
    set_by: "Aseta jokin näistä ympäristömuuttujista:",
    set_where: "Osoitteet ovat salaisuuksia, joten ne luetaan ympäristöstä eikä tiedostosta. Aseta ne tälle sovellukselle \
        ja agentille ja käynnistä molemmat uudelleen.",
    channel: |kind| match kind {
        ChannelKind::Webhook => "Webhook",
        ChannelKind::Slack => "Slack",
        ChannelKind::Teams => "Teams",
        ChannelKind::Mail => "Sähköposti",
        ChannelKind::Ping => "Hiljaisuushälytin",
    },
    channel_what: |kind| match kind {
        ChannelKind::Webhook => "kaikki tapahtumat JSON-muodossa",
        ChannelKind::Slack => "epäonnistumiset ja muut uutiset ihmisille",
        ChannelKind::Teams => "samat, Teamsin työnkulkuna",
        ChannelKind::Mail => "samat, osoitteella smtps://",
        ChannelKind::Ping => "hälyttää muualla, jos varmuuskopiosta ei kuulu mitään",
    },
    delivered: |ago| format!("Viimeksi perillä {ago}."),
    not_used: "Mitään ei ole vielä toimitettu.",
    no_channel: "Tällä ohjelmalla ei ole enää sen osoitetta.",
    fails: "ei toimi",
    works: "toimii",
    unused: "ei vielä käytetty",
    unset: "ei enää asetettu",
    waiting: |n| format!("{} odottaa.", plural(n, "viesti", "viestiä")),
    again: |when| format!("Seuraava yritys {when}."),
    lost: |n| match n {
        1 => "1 viesti jäi viime viikolla perille toimittamatta.".to_owned(),
        n => format!("{} viestiä jäi viime viikolla perille toimittamatta.", crate::plain::number(n)),
    },
    send_test: "Lähetä koeviesti",
    sending: "Lähetetään…",
    test_arrived: "koeviesti perillä",
    test_failed: "koeviesti ei mennyt perille",
    settings: "Automaatio",
    settings_words: "Milloin varmuuskopioita tehdään itsestään ja mitkä niistä säilyvät.",
    back_up_itself: "Varmuuskopioi ajastetusti",
    back_up_itself_hint: "Käynnistäjänä on tämä sovellus, kun se on auki tai ilmaisinalueella, tai Aitta-agentti.",
    how_often: "Kuinka usein",
    own_rule: "Oma sääntö",
    pattern: "Sääntö (cron)",
    pattern_hint: "Minuutti, tunti, päivä, kuukausi, viikonpäivä. ”30 1 * * 1-5” on arkisin klo 1.30.",
    zone: "Aikavyöhyke",
    zone_hint: "IANA-nimi, esimerkiksi Europe/Helsinki tai UTC.",
    use_zone: |zone| format!("Käytä: {zone}"),
    flaw_fields: "Anna viisi kenttää: minuutti, tunti, päivä, kuukausi, viikonpäivä.",
    flaw_part: |field, part| {
        let name = match field {
            RuleField::Minute => "minuutti (0–59)",
            RuleField::Hour => "tunti (0–23)",
            RuleField::Day => "kuukauden päivä (1–31)",
            RuleField::Month => "kuukausi (1–12)",
            RuleField::Weekday => "viikonpäivä (0–7, sunnuntai on 0 ja 7)",
        };
        format!("”{part}” ei ole kelvollinen {name}.")
    },
    flaw_nickname: "Tuntematon nimi. Käytettävissä ovat @hourly, @daily, @weekly ja @monthly.",
    flaw_never: "Mikään päivä ei vastaa tätä sääntöä.",
    flaw_long: "Sääntö on liian pitkä.",
    flaw_zone: "Tuntematon aikavyöhyke. Anna IANA-nimi, esimerkiksi Europe/Helsinki.",
    keep_daily: "Sitten päivittäin",
    keep_weekly: "Sitten viikoittain",
    keep_monthly: "Sitten kuukausittain",
    keep_yearly: "Sitten vuosittain",
    keep_hint: "Kunkin uusin tarkistettu säilyy. 0: ei yhtään.",
    unit_weeks: "viikkoa",
    unit_months: "kk",
    unit_years: "vuotta",
};

const WEEKDAYS: [&str; 7] =
    ["maanantai", "tiistai", "keskiviikko", "torstai", "perjantai", "lauantai", "sunnuntai"];
const SHORT: [&str; 7] = ["ma", "ti", "ke", "to", "pe", "la", "su"];
