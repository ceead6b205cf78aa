use super::Progress;

pub(in crate::texts) const FI: Progress = Progress {
    stop: "Pysäytä",
    elsewhere: "toisen ohjelman käynnistämä",
    step_left: |span| format!("tätä vaihetta noin {span} jäljellä"),
    rows_rate: |rows| format!("{rows} riviä/s"),
    waits_for: |table| match table {
        Some(table) => format!("Odotetaan taulua {table}: toinen istunto on lukinnut sen."),
        None => "Odotetaan lukkoa, joka on toisella istunnolla.".to_owned(),
    },
    session: |pid, user| match user {
        Some(user) => format!("Istunto {pid}, käyttäjä {user}"),
        None => format!("Istunto {pid}"),
    },
    prepared: "Valmisteltu transaktio, joka jonkun on vahvistettava tai peruttava",
    state: |state| match state {
        "active" => "suorittaa kyselyä".to_owned(),
        "idle" => "jouten".to_owned(),
        "idle in transaction" => "jouten, transaktio auki".to_owned(),
        other => aitta_model::plain(other),
    },
    since: |span| format!("transaktio auki {span}"),
    gives_up: |waited, left| {
        format!("Odotettu {waited}. Luovuttaa {left} kuluttua; silloin mitään ei muuteta.")
    },
    wait_longer: "Odota 1 min lisää",
    end_session: "Lopeta se istunto…",
    end_means: "Sen avoin transaktio perutaan, ja sen ohjelma menettää yhteyden.",
    end_sure: "Lopeta istunto",
};
