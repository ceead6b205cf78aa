//! Finnish.

use aitta_charts::Words;

use super::Dashboard;
use crate::texts::common::ended;

pub(in crate::texts) const FI: Dashboard = Dashboard {
    words: Words {
        no_runs: "Ei ajoja tällä ajanjaksolla.",
        no_backups: "Ei varmuuskopioita tällä ajanjaksolla.",
        no_restores: "Ei todistettuja palautuksia tällä ajanjaksolla.",
        day_good: "onnistui",
        day_bad: "epäonnistui",
        day_none: "ei kopiota",
        weekdays: ["ma", "ti", "ke", "to", "pe", "la", "su"],
        median: |duration| format!("mediaani {duration}"),
        baseline: |duration| format!("raja {duration}"),
        target: |duration| format!("tavoite {duration}"),
        point: ',',
        date: |day, month| format!("{day}.{month}."),
    },
    safe: "Tietosi ovat turvassa.",
    never_restored: "Tiedot on varmuuskopioitu, mutta palautusta ei ole vielä kokeiltu.",
    last_failed: "Viimeisin varmuuskopiointi epäonnistui.",
    too_old: "Uusin varmuuskopio on liian vanha.",
    damaged: "Uusin varmuuskopio on vioittunut.",
    no_backup_here: "Tässä tallennuspaikassa ei ole tarkistettua varmuuskopiota.",
    no_backup: "Varmuuskopiota ei vielä ole.",
    unknown: "Tilannetta ei voi arvioida: varmuuskopioita ei voi lukea.",
    last_verified: |ago| format!("Viimeisin tarkistettu varmuuskopio {ago}."),
    restore_proven: |day, took| {
        format!("Viimeisin palautus todistettu {day}: {took}, kaikki rivit täsmäävät.")
    },
    restore_not_proven: "Tee koepalautus uuteen tietokantaan.",
    too_old_because: |age, target| {
        format!("Menettäisit viimeisimmät tiedot ({age}); tavoite on enintään {target}.")
    },
    last_attempt: |why| format!("Viimeisin yritys epäonnistui. {why}"),
    damaged_hint: "Tee uusi varmuuskopio nyt ja tarkista sitten muut.",
    no_backup_hint: "Tee ensimmäinen nyt. Se hyväksytään, kun se on luettu takaisin ja tarkistettu.",
    first_under_way: "Ensimmäistä tehdään. Se hyväksytään, kun se on luettu takaisin ja tarkistettu.",
    damaged_alone: "Tee uusi nyt: muita varmuuskopioita ei ole.",
    shrunk: |lost, since, more| match more {
        0 => format!("Varmuuskopioitu, mutta {lost} ({since} jälkeen). Oliko se tarkoitus?"),
        1 => format!(
            "Varmuuskopioitu, mutta {lost} ({since} jälkeen), ja rivejä hävisi yhdestä muustakin taulusta. Oliko se tarkoitus?"
        ),
        n => format!(
            "Varmuuskopioitu, mutta {lost} ({since} jälkeen), ja rivejä hävisi {n} muustakin taulusta. Oliko se tarkoitus?"
        ),
    },
    lost_share: |table, percent| format!("taulun {table} riveistä hävisi {percent}\u{a0}%"),
    lost_all: |table| format!("taulun {table} kaikki rivit hävisivät"),
    lost_table: |table| format!("taulu {table} hävisi"),
    lost_rows: |table, before, now| {
        let rows =
            |n: u64| if n == 1 { "1 rivi".to_owned() } else { format!("{} riviä", crate::plain::number(n)) };
        match now {
            Some(now) => format!("{table}: {}, aiemmin {}", rows(now), crate::plain::number(before)),
            None => format!("{table}: hävinnyt, aiemmin {}", rows(before)),
        }
    },
    lost_more: |n| format!("Rivejä hävisi {n} muustakin taulusta"),
    lost_for_good: |table| {
        format!("Missään jäljellä olevassa varmuuskopiossa ei ole taulun {table} puuttuvia rivejä.")
    },
    uncompared: |n| match n {
        1 => "Yhden varmuuskopion rivimääriä ei tunneta, joten siitä lähtien hävinneitä rivejä ei huomata"
            .to_owned(),
        n => format!(
            "{n} varmuuskopion rivimääriä ei tunneta, joten niistä lähtien hävinneitä rivejä ei huomata"
        ),
    },
    unread: |n| match n {
        1 => "Yhden viimeisten 30 päivän ajon tietoja ei voi lukea, eikä sitä ole laskettu mukaan".to_owned(),
        n => format!("{n} viimeisten 30 päivän ajon tietoja ei voi lukea, eikä niitä ole laskettu mukaan"),
    },
    next_backup: |when, who| format!("Seuraava varmuuskopiointi {when}. Sen käynnistää {who}."),
    made_by_window: "tämä sovellus, kun se on auki tai ilmaisinalueella",
    made_by_agent: "Aitta-agentti",
    made_by_timer: "tämän koneen ajastin",
    forsaken: "Ajastus on käytössä, mutta mikään ohjelma ei käynnistä varmuuskopiointia.",
    forsaken_what: "Sovellus ei saanut tämän profiilin ajastusta käyntiin. Käynnistä sovellus uudelleen tai aja \
        palveluna aitta agent run.",
    due_waits: |due, again| {
        format!("Ajastettu varmuuskopiointi ({due}) epäonnistui. Seuraava yritys: {again}.")
    },
    due_not_copied: |due| {
        format!("Ajastettu varmuuskopio ({due}) on tehty, mutta se puuttuu lisätallennuspaikasta.")
    },
    due_failed: |due| {
        format!(
            "Ajastettu varmuuskopiointi ({due}) epäonnistui, eikä sitä yritetä uudelleen. Varmuuskopioi nyt."
        )
    },
    compare: "Näytä uusin kopio",
    meant: "Poisto oli tarkoituksellinen",
    meant_title: "Oliko rivit tarkoitus poistaa?",
    meant_what: "Syy jää tapahtumalokiin. Seuraavasta menetyksestä kysytään taas. Taulun, joka tyhjennetään säännöllisesti, \
        voi nimetä asetustiedoston kohdassa table_loss_ignore: siitä ei enää kysytä.",
    prove_restore: "Tee koepalautus…",
    look_at_run: "Näytä epäonnistunut ajo",
    last_backup: "Viimeisin kopio",
    last_intact: "Viimeisin ehjä kopio",
    newest_damaged: "uusin on vioittunut",
    at_risk: "Menetettävissä nyt",
    recovery: "Palautusaika",
    success: "Onnistuneet, 30 pv",
    storage: "Tallennustila",
    key: "Käytössä oleva avain",
    value_elsewhere: "ei tässä paikassa",
    none_yet: "ei vielä",
    never: "ei vielä",
    not_known: "ei tiedossa",
    verified: "tarkistettu",
    proven: "todistettu",
    none_whole: "ei ehjää",
    last_seen: |when| format!("viimeisin tiedossa: {when}"),
    unreadable: "ei luettavissa",
    of_tables: |n, all| format!("{n} / {all} taulua"),
    only_part: "vain osittain",
    in_target: "tavoitteessa",
    over_target: "yli tavoitteen",
    below_target: "alle tavoitteen",
    missing: "puuttuu",
    due_soon: "vaihda pian",
    overdue: "myöhässä",
    in_use: "käytössä",
    act_now: "toimi nyt",
    target_rpo: |target| format!("tavoite ≤ {target} (RPO)"),
    target_rto: |day, target| format!("todistettu {day} · tavoite ≤ {target}"),
    target_rto_part: |day, target| format!("palautettu osittain {day} · tavoite ≤ {target}"),
    target_rto_only: |target| format!("tavoite ≤ {target} (RTO)"),
    target_success: |of, target| format!("{of} · tavoite > {target}"),
    of_backups: |ok, all| format!("{} / {}", crate::plain::number(ok), crate::plain::number(all)),
    of_space: |used, total, alert| format!("levy: {used} / {total} · tavoite < {alert}"),
    alert_around: |day| format!("raja täyttyy noin {day}"),
    archives_take: |n, bytes| {
        let unit = if n == 1 { "varmuuskopio" } else { "varmuuskopiota" };
        format!("{} {unit}, {bytes}", crate::plain::number(n))
    },
    rotate_by: |day| format!("vaihda viimeistään {day}"),
    no_key_hint: "varmuuskopiointi vaatii avaimen",
    key_not_tested: "ei testattu",
    key_store_unreadable: "ei testattu: varmuuskopioita ei voi lukea",
    key_does_not_open: "testi epäonnistui",
    duty_due: |day| ended(&format!("Vaihda avain viimeistään {day}")),
    duty_overdue: |day| ended(&format!("Avaimen vaihto on myöhässä, määräpäivä oli {day}")),
    duty_rotate: "Vaihda nyt",
    duty_interrupted: |done, all| {
        format!("Avaimen vaihto keskeytyi, kun {done} / {all} varmuuskopiota oli siirretty.")
    },
    duty_move: |left, all| format!("{left} / {all} varmuuskopiota on vielä vanhalla avaimella."),
    duty_look: "Jatka tai peru",
    since_first_use: "ikä ei tiedossa",
    last_days: |n| if n == 365 { "Viimeinen vuosi".to_owned() } else { format!("Viimeiset {n} päivää") },
    range: "Ajanjakso",
    days_short: |n| format!("{n}\u{a0}pv"),
    year: "1\u{a0}v",
    chart: "kaavio",
    chart_keys: "Siirry pisteestä toiseen nuolinäppäimillä, avaa ajo Enterillä.",
    export: "Tallenna kaavio",
    chart_success: "Onnistuminen",
    chart_duration: "Kesto",
    chart_size: "Varmuuskopion koko",
    chart_recovery: "Palautusaika",
    sum_success: |share, failed, all| {
        format!("{share} · {} / {} epäonnistui", crate::plain::number(failed), crate::plain::number(all))
    },
    sum_median: |median| format!("mediaani {median}"),
    sum_growth: |bytes| format!("{bytes} kuukaudessa"),
    sum_steady: "ei muutosta",
    sum_too_early: "liian aikaista sanoa",
    sum_restores: |n| {
        if n == 1 {
            "1 palautus, täsmää".to_owned()
        } else {
            format!("{n} palautusta, kaikki täsmäävät")
        }
    },
    nothing_yet: "ei vielä tietoja",
    newest_of: |n| {
        if n == 1 { "1 kopio tähän mennessä".to_owned() } else { format!("uusin {n} kopiosta") }
    },
    spread: |least, most| format!("{least} – {most}"),
    succeeded_n: |n| format!("{n} onnistui"),
    failed_n: |n| format!("{n} epäonnistui"),
    recent: "Viimeisimmät ajot",
    all_runs: "Kaikki ajot",
    no_runs: "Ei vielä ajoja.",
    started: "Aloitettu",
    operation: "Toiminto",
    outcome: "Tulos",
    took: "Kesto",
    size: "Koko",
    evidence: "Todiste",
    read_back: |rows| format!("{rows}, luettu takaisin ja tarkistettu"),
    equal: |tables, rows| format!("{tables}, {rows}: määrät ja tiivisteet täsmäävät"),
    all_checked: "kaikki tavut tarkistettu",
};
