use super::Progress;

pub(in crate::texts) const EN: Progress = Progress {
    stop: "Stop",
    elsewhere: "started by another program",
    step_left: |span| format!("this step: about {span} left"),
    rows_rate: |rows| format!("{rows} rows/s"),
    waits_for: |table| match table {
        Some(table) => format!("Waiting for {table}: another session has locked it."),
        None => "Waiting for a lock that another session holds.".to_owned(),
    },
    session: |pid, user| match user {
        Some(user) => format!("Session {pid} of {user}"),
        None => format!("Session {pid}"),
    },
    prepared: "A prepared transaction, which somebody has to commit or roll back",
    state: aitta_model::plain,
    since: |span| format!("transaction open for {span}"),
    gives_up: |waited, left| format!("Waited {waited}. Gives up in {left}; nothing is changed then."),
    wait_longer: "Wait 1 min longer",
    end_session: "End that session…",
    end_means: "Its open transaction is rolled back, and its program loses the connection.",
    end_sure: "End session",
};
