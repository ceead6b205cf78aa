//! `aitta contacts`

use aitta_engine::{Result, config};
use aitta_model::Contact;

use crate::call::{Call, OK};
use crate::session;

pub(crate) fn run(call: &Call<'_>) -> Result<u8> {
    let profile = config::load(&session::inputs(call.global)?)?;
    call.output.report(&profile.contacts, |contacts| match contacts.is_empty() {
        true => "nobody is named\n  hint: write [[profile.NAME.contacts]] with name, role, phone and mail into the \
                 configuration\n"
            .to_owned(),
        false => lines(contacts),
    })?;
    Ok(OK)
}

/// A line for each, in the order in which they are called.
pub(super) fn lines(contacts: &[Contact]) -> String {
    let line = |contact: &Contact| {
        let Contact { name, role, phone, mail } = contact;
        let more = [role, phone, mail].into_iter().flatten().map(|text| format!("  {text}"));
        format!("{name}{}\n", more.collect::<String>())
    };
    contacts.iter().map(line).collect()
}
