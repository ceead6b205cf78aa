//! Where people are told. Addresses and passwords of channels are secrets, so they stand in the environment and never in
//! the file.

use aitta_model::{ChannelKind, Severity};
use aitta_notify::{
    Failure, Login, Mail, MailSettings, MailTls, Ping, Secret, SigningSecret, Slack, Teams, Webhook,
};
use url::Url;

use super::environment::Variables;
use super::setting::Note;

/// A channel of a profile.
#[derive(Debug, Clone)]
pub enum Channel {
    /// JSON by HTTP.
    Webhook(Webhook),
    /// A chat of Slack.
    Slack(Slack),
    /// A chat of Teams.
    Teams(Teams),
    /// Mail.
    Mail(Box<Mail>),
    /// A dead man's switch.
    Ping(Ping),
}

impl Channel {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ChannelKind {
        match self {
            Self::Webhook(_) => ChannelKind::Webhook,
            Self::Slack(_) => ChannelKind::Slack,
            Self::Teams(_) => ChannelKind::Teams,
            Self::Mail(_) => ChannelKind::Mail,
            Self::Ping(_) => ChannelKind::Ping,
        }
    }

    /// The variable of the environment that names it.
    #[must_use]
    pub fn variable(&self) -> &'static str {
        match self {
            Self::Webhook(_) => WEBHOOK_URL,
            Self::Slack(_) => SLACK_URL,
            Self::Teams(_) => TEAMS_URL,
            Self::Mail(_) => MAIL_URL,
            Self::Ping(_) => PING_URL,
        }
    }

    /// Scheme and host: the rest of its address is a secret.
    #[must_use]
    pub fn place(&self) -> &str {
        match self {
            Self::Webhook(webhook) => webhook.place(),
            Self::Slack(slack) => slack.place(),
            Self::Teams(teams) => teams.place(),
            Self::Mail(mail) => mail.place(),
            Self::Ping(ping) => ping.place(),
        }
    }
}

/// The channels that the environment names, one of each kind at most.
pub(super) fn channels(variables: &Variables<'_>, notes: &mut Vec<Note>) -> Vec<Channel> {
    let mut read = |name: &'static str, parse: &dyn Fn(&str) -> Result<Channel, Note>| match variables
        .text(name)
        .and_then(|text| text.map(parse).transpose())
    {
        Ok(channel) => channel,
        Err(note) => {
            notes.push(note);
            None
        }
    };
    let webhook = |url: &str| {
        let secret = match variables.text(WEBHOOK_SECRET)? {
            Some(secret) => Some(SigningSecret::parse(secret).map_err(|e| wrong(WEBHOOK_SECRET, &e))?),
            None => None,
        };
        Webhook::new(url, secret).map(Channel::Webhook).map_err(|e| wrong(WEBHOOK_URL, &e))
    };
    let slack = |url: &str| Slack::new(url).map(Channel::Slack).map_err(|e| wrong(SLACK_URL, &e));
    let teams = |url: &str| Teams::new(url).map(Channel::Teams).map_err(|e| wrong(TEAMS_URL, &e));
    let ping = |url: &str| Ping::new(url).map(Channel::Ping).map_err(|e| wrong(PING_URL, &e));
    [
        read(WEBHOOK_URL, &webhook),
        read(SLACK_URL, &slack),
        read(TEAMS_URL, &teams),
        read(MAIL_URL, &mail),
        read(PING_URL, &ping),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const WEBHOOK_URL: &str = "BACKUP_WEBHOOK_URL";
const WEBHOOK_SECRET: &str = "BACKUP_WEBHOOK_SECRET";
const SLACK_URL: &str = "BACKUP_SLACK_URL";
const TEAMS_URL: &str = "BACKUP_TEAMS_URL";
const MAIL_URL: &str = "BACKUP_MAIL_URL";
const PING_URL: &str = "BACKUP_PING_URL";

/// A channel that can't be used is left out: a slip in its address is no reason to make no backup.
fn useless(message: String, hint: &str) -> Note {
    Note::new(Severity::Warning, message, hint)
}

/// Nothing of what was given is repeated: it is a secret.
fn wrong(name: &str, failure: &Failure) -> Note {
    let hint = failure.hint.unwrap_or("write the whole address, as its receiver shows it");
    useless(format!("{name} can't be used: {}", failure.kind), hint)
}

/// `smtps://user:password@host:465?from=aitta@example.com&to=admin@example.com`, with a `to` for each recipient. With
/// `smtp:` the connection is encrypted by STARTTLS, or stays within this machine.
fn mail(text: &str) -> Result<Channel, Note> {
    const FORM: &str = "write smtps://USER:PASSWORD@HOST?from=ADDRESS&to=ADDRESS, with characters such as @ and / in user \
                        and password as %40 and %2F";
    let no_url = || useless(format!("{MAIL_URL} is no address of a mail server"), FORM);
    let url = Url::parse(text).map_err(|_| no_url())?;
    let host = url.host_str().ok_or_else(no_url)?;
    let (tls, port) = match url.scheme() {
        "smtps" => (MailTls::Implicit, 465),
        "smtp" if matches!(host, "localhost" | "127.0.0.1" | "[::1]") => (MailTls::None, 25),
        "smtp" => (MailTls::StartTls, 587),
        _ => return Err(no_url()),
    };
    let decoded = |text: &str| {
        percent_encoding::percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| no_url())
    };
    let login = match (url.username(), url.password()) {
        ("", None) => None,
        (user, password) => Some(Login {
            user: decoded(user)?,
            password: Secret::from(decoded(password.unwrap_or_default())?),
        }),
    };
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() || url.port() == Some(0) {
        return Err(no_url());
    }
    let (mut from, mut to) = (None, Vec::new());
    // Not as a form has it, in which a plus is a space.
    let parts = url.query().unwrap_or_default().split('&').filter(|part| !part.is_empty());
    for part in parts {
        let (name, value) = part.split_once('=').ok_or_else(no_url)?;
        match name {
            "from" if from.is_none() => from = Some(decoded(value)?),
            "to" => to.push(decoded(value)?),
            _ => {
                return Err(useless(
                    format!("{MAIL_URL} has a part that is neither one from nor a to"),
                    FORM,
                ));
            }
        }
    }
    let from = from.ok_or_else(|| useless(format!("{MAIL_URL} says not from whom the mail comes"), FORM))?;
    let settings =
        MailSettings { host: host.to_owned(), port: url.port().unwrap_or(port), tls, login, from, to };
    Mail::new(settings).map(|mail| Channel::Mail(Box::new(mail))).map_err(|e| wrong(MAIL_URL, &e))
}
