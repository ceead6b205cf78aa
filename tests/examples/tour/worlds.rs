//! What the app is led through.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use aitta_testing::Aitta;

use crate::look::Language;
use crate::stage::Stage;
use crate::tour::Tour;

mod damage;
mod first_run;
mod keys;
mod lists;
mod new_machine;
mod past;
mod profiles;
mod restore;
mod settings;
mod shop;

/// A walk through one world.
type Walk = fn(Arc<Tour>, Language) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// All of them, each with its name.
pub(crate) const WORLDS: [(&str, Walk); 9] = [
    ("first-run", |tour, language| Box::pin(first_run::walk(tour, language))),
    ("new-machine", |tour, language| Box::pin(new_machine::walk(tour, language))),
    ("shop", |tour, language| Box::pin(shop::walk(tour, language))),
    ("damage", |tour, language| Box::pin(damage::walk(tour, language))),
    ("restore", |tour, language| Box::pin(restore::walk(tour, language))),
    ("keys", |tour, language| Box::pin(keys::walk(tour, language))),
    ("settings", |tour, language| Box::pin(settings::walk(tour, language))),
    ("past", |tour, language| Box::pin(past::walk(tour, language))),
    ("profiles", |tour, language| Box::pin(profiles::walk(tour, language))),
];

/// Makes a backup as another machine has made it, into this store, and gives the recovery kit of its key.
fn made_elsewhere(url: String, store: &Path) -> String {
    let aitta = Aitta::new().database(&url).env("BACKUP_LOCAL_DIR", &store.display().to_string());
    aitta.json(&["backup", "create"]);
    let kit = aitta.home().join("kit.txt");
    aitta.json(&["key", "export-kit", &kit.display().to_string(), "--reason", "routine"]);
    std::fs::read_to_string(kit).unwrap()
}

/// The groups of the kit that is shown.
async fn groups_of_kit(stage: &Stage) -> Vec<String> {
    stage.find("#kit-groups li:nth-child(16) code").await;
    let groups =
        "return [...document.querySelectorAll('#kit-groups code')].map(group => group.innerText.trim())";
    serde_json::from_value(stage.page().run(groups).await).unwrap()
}

/// The group that a field asks for, by the number in its label.
async fn asked_group<'a>(stage: &Stage, field: &str, groups: &'a [String]) -> &'a str {
    stage.find(&format!("#{field}")).await;
    let number =
        format!("return Number(document.querySelector('label[for={field}]').innerText.match(/[0-9]+/)[0])");
    let number = stage.page().run(&number).await.as_u64().unwrap() as usize;
    &groups[number - 1]
}

/// Types the groups of a kit into the fields that ask for two of them.
async fn type_back(stage: &Stage, prefix: &str, groups: &[String]) {
    for place in 1..=2 {
        let field = format!("{prefix}-{place}");
        let group = asked_group(stage, &field, groups).await.to_owned();
        stage.fill(&format!("#{field}"), &group).await;
    }
}

/// The six digits that an authenticator shows now.
fn code_of(secret: &str) -> String {
    let output =
        std::process::Command::new("oathtool").args(["--totp", "--base32", secret]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
