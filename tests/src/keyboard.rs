//! Somebody who has no mouse at hand, and is counted.

use std::time::Duration;

use crate::Page;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// How long a restore may take, of millions of rows, too.
const RESTORED_WITHIN: Duration = Duration::from_secs(300);

/// Tabs after which a control counts as out of reach.
const FAR: u32 = 80;

/// Hands on a keyboard, and what they have done so far.
pub struct Keyboard<'p> {
    page: &'p Page,
    /// Keys that were pressed, without those of texts.
    pub keys: u32,
    /// Texts that were typed.
    pub fields: u32,
    /// Letters of these texts.
    pub letters: u32,
}

impl<'p> Keyboard<'p> {
    /// Before the first key.
    #[must_use]
    pub fn new(page: &'p Page) -> Self {
        Self { page, keys: 0, fields: 0, letters: 0 }
    }

    /// Presses one key.
    pub async fn press(&mut self, key: &str) {
        self.keys += 1;
        self.page.press(key).await;
    }

    /// Types a text wherever the focus is.
    pub async fn write(&mut self, text: &str) {
        self.fields += 1;
        self.letters += text.chars().count() as u32;
        self.page.press(text).await;
    }

    /// Goes to a control with Tab.
    ///
    /// # Panics
    /// When it is out of reach.
    pub async fn tab_to(&mut self, css: &str) {
        self.page.find(css).await;
        let reached = format!("return document.activeElement.matches({css:?})");
        for _ in 0..FAR {
            if self.page.run(&reached).await == true {
                return;
            }
            self.press(TAB).await;
        }
        panic!("{css} can't be reached with Tab:\n{}", self.page.words().await);
    }

    /// The night on which rows were overwritten: from the first page to the report, with these tables of the newest
    /// backup, named in the order of the list, given back into the database of this name. Returns how it ended.
    pub async fn give_back(&mut self, tables: &[&str], database: &str) -> Option<String> {
        let page = self.page;
        self.keys += 1;
        page.press_control('k').await;
        page.find("dialog[open] input:focus").await;
        self.write("restore").await;
        page.find("dialog[open] [role=option][aria-selected=true]").await;
        self.press(ENTER).await;
        page.find("input[data-archive]:checked").await;
        for table in tables {
            self.tab_to(&format!("input[data-table='{table}']")).await;
            self.press(" ").await;
        }
        page.find("#restore-next:enabled").await;
        self.tab_to("#restore-next").await;
        self.press(ENTER).await;
        for table in tables {
            page.find(&format!("[data-plan='{table}'][data-likeness='differs']")).await;
        }
        page.find("#restore-next:enabled").await;
        self.tab_to("#restore-next").await;
        self.press(ENTER).await;
        self.tab_to("#restore-confirm-name").await;
        self.write(database).await;
        page.find("#restore-go:enabled").await;
        self.press(ENTER).await;
        let outcome = "return document.querySelector('#restore-report')?.dataset.outcome";
        let ended = page.until_within(RESTORED_WITHIN, "the report", outcome).await;
        ended.as_str().map(str::to_owned)
    }
}
