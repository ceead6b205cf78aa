//! Finnish.

use super::Keyboard;

pub(in crate::texts) const FI: Keyboard = Keyboard {
    title: "Komennot",
    field: "Sivu, toiminto, varmuuskopio, taulu…",
    none: "Ei osumia.",
    asking: "Ladataan varmuuskopioita ja tauluja…",
    not_loaded: "Varmuuskopioita ja tauluja ei voi ladata.",
    page: "sivu",
    action: "toiminto",
    backup: "varmuuskopio",
    table: "taulu",
    verify_newest: "Tarkista uusin varmuuskopio…",
    restore_table: |table| format!("Palauta {table}…"),
    backup_of: |when| format!("Varmuuskopio {when}"),
    switch_to: |profile| format!("Vaihda profiiliin {profile}"),
    shortcuts: "Pikanäppäimet",
    key_palette: "Avaa tai sulje komennot",
    key_seek: "Etsi tältä sivulta",
    key_escape: "Sulje valintaikkuna, tyhjennä haku tai palaa luetteloon",
    key_help: "Näytä tämä luettelo",
    key_arrows: "Liiku luetteloissa ja kaavioissa",
    key_enter: "Avaa valittu",
    note: "Kun kirjoitat kenttään, vain Ctrl K ja Esc ovat pikanäppäimiä.",
};
