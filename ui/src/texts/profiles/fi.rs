//! Finnish.

use super::Profiles;

pub(in crate::texts) const FI: Profiles = Profiles {
    title: "Kaikki profiilit",
    lead: |safe, all| format!("Turvassa olevia profiileja: {safe} / {all}."),
    not_known: "Tilaa ei saatu selville.",
    last_backup: |when| format!("Viimeisin varmuuskopio: {when}"),
    open: "Avaa",
    shown: "avoinna nyt",
};
