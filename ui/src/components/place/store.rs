//! What is entered about a store.

use std::collections::BTreeMap;

use aitta_model::{StoreCredentials, StoreSettings};
use leptos::prelude::*;

use super::line::Line;
use super::path::{PathLine, Wanted};
use crate::preferences::texts;
use crate::texts::setup::StoreLack;

/// What is entered about a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreForm {
    /// `local`, `s3` or `azure`.
    pub(crate) kind: String,
    /// What is entered, of all kinds: who looks at another kind and comes back finds it again.
    pub(crate) texts: BTreeMap<String, String>,
    /// Whether credentials are in the keychain already.
    pub(crate) has_credentials: bool,
    /// S3: the id of the access key.
    pub(crate) id: String,
    /// The secret of S3, or the key of Azure.
    pub(crate) secret: String,
}

/// The settings that each kind has here; the others are written in the file by hand, and stay there.
fn names(kind: &str) -> &'static [&'static str] {
    match kind {
        "s3" => &[
            "bucket",
            "region",
            "endpoint",
            "prefix",
            "path_style",
            "checksums",
            "encryption",
            "storage_class",
            "location",
            "plain_http",
        ],
        "azure" => &["account", "container", "endpoint", "prefix", "tier", "location", "plain_http"],
        _ => &["dir"],
    }
}

impl StoreForm {
    pub(crate) fn of(settings: &StoreSettings) -> Self {
        Self {
            kind: settings.kind.clone(),
            texts: settings.settings.clone(),
            has_credentials: settings.credentials_in_keychain,
            id: String::new(),
            secret: String::new(),
        }
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.texts.get(name).cloned().unwrap_or_default()
    }

    /// What is to be written.
    pub(crate) fn to_settings(&self) -> StoreSettings {
        let own =
            names(&self.kind).iter().map(|name| ((*name).to_owned(), self.text(name).trim().to_owned()));
        StoreSettings {
            kind: self.kind.clone(),
            settings: own.filter(|(_, value)| !value.is_empty()).collect(),
            credentials_in_keychain: self.has_credentials && self.kind != "local",
        }
    }

    /// What goes to the keychain; `None` leaves what is there.
    pub(crate) fn credentials(&self) -> Option<StoreCredentials> {
        let (id, secret) = (self.id.trim(), self.secret.trim());
        match self.kind.as_str() {
            "s3" if !id.is_empty() && !secret.is_empty() => {
                Some(StoreCredentials::new(format!("{id}:{secret}")))
            }
            "azure" if !secret.is_empty() => Some(StoreCredentials::new(secret)),
            _ => None,
        }
    }

    /// The first thing that stands in the way.
    pub(crate) fn lacks(&self) -> Vec<StoreLack> {
        let lacks = |name: &str, what| self.text(name).trim().is_empty().then_some(what);
        let half = self.id.trim().is_empty() != self.secret.trim().is_empty();
        let all = match self.kind.as_str() {
            "s3" => [lacks("bucket", StoreLack::Bucket), half.then_some(StoreLack::Secret)],
            "azure" => [lacks("account", StoreLack::Account), lacks("container", StoreLack::Container)],
            _ => [lacks("dir", StoreLack::Folder), None],
        };
        all.into_iter().flatten().collect()
    }

    /// The place in short.
    pub(crate) fn place(&self) -> String {
        match self.kind.as_str() {
            "s3" => format!("s3://{}/{}", self.text("bucket").trim(), self.text("prefix").trim()),
            "azure" => format!("{} / {}", self.text("account").trim(), self.text("container").trim()),
            _ => self.text("dir").trim().to_owned(),
        }
    }
}

/// The store: its kind, and what is needed to reach it.
#[component]
pub(crate) fn StoreFields(
    /// The id of the line of the folder; those of the others are the same everywhere.
    folder_id: &'static str,
    form: RwSignal<StoreForm>,
    lacks: RwSignal<Vec<StoreLack>>,
    /// Something is another now.
    #[prop(into)]
    changed: Callback<()>,
    /// The environment says where the store is.
    #[prop(optional)]
    fixed: bool,
    /// Whether the place is only read.
    #[prop(optional)]
    reads: bool,
) -> impl IntoView {
    let s = &texts().setup;
    let update = move |set: &dyn Fn(&mut StoreForm)| {
        form.update(|form| set(form));
        lacks.update(Vec::clear);
        changed.run(());
    };
    let kind = Memo::new(move |_| form.with(|form| form.kind.clone()));
    let choice = move |this: &'static str, name: &'static str, words: &'static str| {
        view! {
            <label class="choice" class:on=move || kind.get() == this>
                <input
                    id=format!("store-kind-{this}")
                    type="radio"
                    name="store-kind"
                    disabled=fixed
                    prop:checked=move || kind.get() == this
                    on:change=move |_| update(&|form| form.kind = this.to_owned())
                />
                <span><strong>{name}</strong><small>{words}</small></span>
            </label>
        }
        .into_any()
    };
    let line = move |id: &'static str,
                     label: &'static str,
                     hint: &str,
                     what: Option<StoreLack>,
                     type_,
                     part: Part| {
        let value = Signal::derive(move || form.with(|form| part.of(form)));
        let problem = Signal::derive(move || {
            what.filter(|what| lacks.with(|l| l.contains(what))).map(|what| (s.store_lack)(what).to_owned())
        });
        // What else lacks stays told.
        let on_change = move |text: String| {
            form.update(|form| part.set(form, text));
            lacks.update(|lacks| lacks.retain(|lack| Some(*lack) != what));
            changed.run(());
        };
        view! { <Line id label value on_change hint=hint.to_owned() problem kind=type_ disabled=fixed/> }
            .into_any()
    };
    let tick = move |id: &'static str, label: &'static str, name: &'static str, on: &'static str| {
        let is_on = move || form.with(|form| form.text(name) == on);
        view! {
            <label class="tick">
                <input
                    id=id
                    type="checkbox"
                    disabled=fixed
                    prop:checked=is_on
                    on:change=move |event| {
                        let value = if event_target_checked(&event) { on } else { "" };
                        update(&|form| drop(form.texts.insert(name.to_owned(), value.to_owned())));
                    }
                />
                <span>{label}</span>
            </label>
        }
        .into_any()
    };
    let secret_hint = move || {
        if form.with_untracked(|form| form.has_credentials) {
            s.store_secret_kept
        } else {
            s.store_secret_hint
        }
    };
    let text = |name| Part::Text(name);
    let fields = move || {
        match kind.get().as_str() {
        "s3" => view! {
            <div class="pair">
                {line("store-bucket", s.bucket, "", Some(StoreLack::Bucket), "text", text("bucket"))}
                {line("store-region", s.region, s.region_hint, None, "text", text("region"))}
            </div>
            <div class="pair">
                {line("store-id", s.access_id, s.access_hint, Some(StoreLack::Secret), "text", Part::Id)}
                {line("store-secret", s.access_secret, secret_hint(), None, "password", Part::Secret)}
            </div>
            <details class="more">
                <summary>{s.store_more}</summary>
                {line("store-endpoint", s.endpoint, s.endpoint_hint, None, "text", text("endpoint"))}
                {line("store-prefix", s.prefix, s.prefix_hint, None, "text", text("prefix"))}
                {tick("store-path-style", s.path_style, "path_style", "true")}
                {tick("store-checksums", s.old_checksums, "checksums", "when-required")}
                {tick("store-plain-http", s.plain_http, "plain_http", "true")}
            </details>
        }
        .into_any(),
        "azure" => view! {
            <div class="pair">
                {line("store-account", s.account, "", Some(StoreLack::Account), "text", text("account"))}
                {line("store-container", s.container, "", Some(StoreLack::Container), "text", text("container"))}
            </div>
            {line("store-secret", s.azure_key, secret_hint(), None, "password", Part::Secret)}
            <details class="more">
                <summary>{s.store_more}</summary>
                {line("store-endpoint", s.endpoint, s.azure_endpoint_hint, None, "text", text("endpoint"))}
                {line("store-prefix", s.prefix, s.prefix_hint, None, "text", text("prefix"))}
                {tick("store-plain-http", s.plain_http, "plain_http", "true")}
            </details>
        }
        .into_any(),
        _ => {
            let (part, what) = (text("dir"), StoreLack::Folder);
            let value = Signal::derive(move || form.with(|form| part.of(form)));
            let problem = Signal::derive(move || {
                lacks.with(|l| l.contains(&what)).then(|| (s.store_lack)(what).to_owned())
            });
            let on_change = Callback::new(move |text: String| {
                form.update(|form| part.set(form, text));
                lacks.update(|lacks| lacks.retain(|lack| *lack != what));
                changed.run(());
            });
            let (label, hint) = (s.folder, if reads { s.path_of_folder } else { s.folder_hint });
            view! {
                <PathLine
                    id=folder_id wanted=Wanted::Folder label value on_change hint problem disabled=fixed
                />
            }
            .into_any()
        }
    }
    };
    view! {
        <fieldset class="choices three" aria-label=s.store_kind>
            {choice("local", s.folder, s.local_words)}
            {choice("s3", "S3", s.s3_words)}
            {choice("azure", "Azure Blob", s.azure_words)}
        </fieldset>
        <div class="fields">{fields}</div>
        {fixed.then(|| view! { <p class="small muted">{texts().settings.fixed}</p> })}
    }
    .into_any()
}

/// A part of the form.
#[derive(Clone, Copy)]
enum Part {
    Text(&'static str),
    Id,
    Secret,
}

impl Part {
    fn of(self, form: &StoreForm) -> String {
        match self {
            Self::Text(name) => form.text(name),
            Self::Id => form.id.clone(),
            Self::Secret => form.secret.clone(),
        }
    }

    fn set(self, form: &mut StoreForm, text: String) {
        match self {
            Self::Text(name) => drop(form.texts.insert(name.to_owned(), text)),
            Self::Id => form.id = text,
            Self::Secret => form.secret = text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kind: &str, texts: &[(&str, &str)]) -> StoreForm {
        let settings = texts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        StoreForm::of(&StoreSettings { kind: kind.to_owned(), settings, credentials_in_keychain: false })
    }

    #[test]
    fn only_what_its_kind_has_is_written() {
        let mut form = form(
            "s3",
            &[("bucket", " b-1 "), ("dir", "/srv"), ("region", ""), ("storage_class", "STANDARD_IA")],
        );
        let written = form.to_settings();
        assert_eq!(written.settings.keys().collect::<Vec<_>>(), ["bucket", "storage_class"]);
        assert_eq!(written.get("bucket"), "b-1");
        form.kind = "local".to_owned();
        assert_eq!(form.to_settings().get("dir"), "/srv");
        assert_eq!((form.lacks(), form.place()), (vec![], "/srv".to_owned()));
    }

    #[test]
    fn what_lacks_is_told() {
        assert_eq!(form("local", &[]).lacks(), [StoreLack::Folder]);
        assert_eq!(form("s3", &[]).lacks(), [StoreLack::Bucket]);
        let mut half = form("s3", &[("bucket", "b-1")]);
        assert_eq!((half.lacks(), half.credentials()), (vec![], None), "roles and profiles need no key");
        half.id = "AKID".to_owned();
        assert_eq!((half.lacks(), half.credentials()), (vec![StoreLack::Secret], None));
        half.secret = " hush ".to_owned();
        assert_eq!(half.credentials().map(|c| c.expose().to_owned()), Some("AKID:hush".to_owned()));
        assert_eq!(form("azure", &[]).lacks(), [StoreLack::Account, StoreLack::Container]);
        assert_eq!(form("azure", &[("account", "a")]).lacks(), [StoreLack::Container]);
    }
}
