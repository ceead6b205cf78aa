//! Whom to call when something is wrong.

use aitta_model::{Contact, is_unfit};

use super::setting::Note;

/// Everything that may stand in the table of a contact.
pub(super) const FIELDS: [&str; 5] = ["name", "role", "phone", "mail", "order"];

/// More people than anybody calls at night.
const MOST: usize = 20;
const LONGEST: usize = 100;

/// What the file says of a contact.
#[derive(Default)]
pub(super) struct Said {
    name: Option<String>,
    role: Option<String>,
    phone: Option<String>,
    mail: Option<String>,
    pub(super) order: Option<u32>,
}

impl Said {
    pub(super) fn field(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "name" => &mut self.name,
            "role" => &mut self.role,
            "phone" => &mut self.phone,
            "mail" => &mut self.mail,
            _ => return None,
        })
    }

    /// The contact with its place in the order.
    pub(super) fn contact(self) -> Result<(Option<u32>, Contact), Note> {
        let Self { name, role, phone, mail, order } = self;
        match name {
            Some(name) => Ok((order, Contact { name, role, phone, mail })),
            None => Err(Note::blocker("a contact has no name", "write name = \"…\", and phone or mail")),
        }
    }
}

/// One line of a contact.
pub(super) fn text(what: &str, text: &str) -> Result<String, Note> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(is_unfit) {
        return Err(Note::blocker(
            format!("{what} is empty, too long, or holds a control character"),
            format!("write one line of at most {LONGEST} characters, or leave it out"),
        ));
    }
    Ok(text.to_owned())
}

/// Who is called first.
pub(super) fn order(what: &str, number: Option<u32>) -> Result<u32, Note> {
    number.ok_or_else(|| Note::blocker(format!("{what} is no number"), "write 1 for whom to call first"))
}

/// In the order that the numbers say; those without one come last, as they are written.
pub(super) fn sorted(mut contacts: Vec<(Option<u32>, Contact)>) -> Result<Vec<Contact>, Note> {
    if contacts.len() > MOST {
        return Err(Note::blocker(
            format!("there are {} contacts, and {MOST} are the most", contacts.len()),
            "keep those who are called first",
        ));
    }
    contacts.sort_by_key(|(order, _)| (order.is_none(), *order));
    Ok(contacts.into_iter().map(|(_, contact)| contact).collect())
}
