//! The app on its screen, and the pictures that are made of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aitta_tests::{Page, Started, Window};
use serde_json::Value;

use crate::findings;
use crate::look::{Language, Look, SCREEN};
use crate::tour::Tour;

/// Pictures of one page from its top to its end at most.
const PARTS: u32 = 5;

/// What stays of the part before when one scrolls on, in CSS pixels.
const AGAIN: u32 = 90;

/// How long a slow operation may take.
const SLOW: Duration = Duration::from_secs(120);

/// Returns when the page has not changed for a moment, or when it never rests.
const RESTS: &str = "
    const done = arguments[0];
    let timer = setTimeout(end, 150);
    const limit = setTimeout(end, 1500);
    const observer = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(end, 150); });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    function end() {
        observer.disconnect();
        clearTimeout(timer);
        clearTimeout(limit);
        requestAnimationFrame(() => requestAnimationFrame(() => done(null)));
    }";

/// Whether everything is there. What goes round for ever, such as a bar without an end, is never over.
const STILL: &str = "
    const ends = a => a.effect?.getTiming().iterations !== Infinity;
    return document.fonts.status === 'loaded' && !document.querySelector('.loading, main[aria-busy=true]')
        && document.getAnimations().every(a => a.playState !== 'running' || !ends(a));";

/// One world on its screen.
pub(crate) struct Stage {
    app: Started,
    tour: Arc<Tour>,
    world: &'static str,
    looks: Vec<Look>,
}

impl Stage {
    /// Starts the app for a world.
    pub(crate) async fn open(
        tour: &Arc<Tour>,
        world: &'static str,
        language: Language,
        window: Window,
    ) -> Self {
        let app = window.on_screen(SCREEN.0, SCREEN.1).start(&format!("tour-{world}")).await;
        let (tour, looks) = (tour.clone(), tour.looks(language));
        let stage = Self { app, tour, world, looks };
        stage.page().resize(stage.looks[0].size.0, stage.looks[0].size.1).await;
        let speak = format!(
            "localStorage.setItem('language', '{}'); localStorage.setItem('appearance', 'light');
             window.tourBefore = true; location.reload();",
            language.code()
        );
        stage.page().run(&speak).await;
        let spoken = format!(
            "return !window.tourBefore && document.documentElement.lang === '{}' && !!document.querySelector('main h1')",
            language.code()
        );
        stage.page().until("the page in its language", &spoken).await;
        stage
    }

    pub(crate) fn page(&self) -> &Page {
        &self.app.page
    }

    /// The folder of the store.
    pub(crate) fn store(&self) -> std::path::PathBuf {
        self.app.store_dir()
    }

    pub(crate) fn archives(&self) -> Vec<String> {
        self.app.archives()
    }

    pub(crate) fn dir(&self) -> &Path {
        self.app.dir()
    }

    /// Clicks when the page has come to rest: what moves away meanwhile is missed, and something else is met.
    pub(crate) async fn click(&self, css: &str) {
        self.page().run_until_called(RESTS).await;
        self.page().click(css).await;
    }

    pub(crate) async fn fill(&self, css: &str, text: &str) {
        self.page().fill(css, text).await;
    }

    pub(crate) async fn find(&self, css: &str) {
        self.page().find(css).await;
    }

    /// Waits for something that takes long.
    pub(crate) async fn wait(&self, css: &str) {
        let script = format!("return !!document.querySelector({})", Value::from(css));
        self.page().until_within(SLOW, css, &script).await;
    }

    /// Waits until nothing matches.
    pub(crate) async fn gone(&self, css: &str) {
        let script = format!("return !document.querySelector({})", Value::from(css));
        self.page().until_within(SLOW, &format!("the end of {css}"), &script).await;
    }

    /// Puts text into a field at once: a kit is many lines, which a driver would type one key at a time.
    pub(crate) async fn paste(&self, css: &str, text: &str) {
        self.find(css).await;
        self.page()
            .run_with(
                "const field = document.querySelector(arguments[0]);
                 field.value = arguments[1];
                 field.dispatchEvent(new Event('input', { bubbles: true }));",
                vec![Value::from(css), Value::from(text)],
            )
            .await;
    }

    /// Follows a link to this address, as one that is on the page.
    pub(crate) async fn go(&self, address: &str) {
        self.page()
            .run_with(
                "const link = document.createElement('a');
                 link.href = arguments[0];
                 document.body.append(link);
                 link.click();
                 link.remove();",
                vec![Value::from(address)],
            )
            .await;
        let path = address.split('?').next().unwrap_or_default();
        let there = format!("return location.pathname === {}", Value::from(path));
        self.page().until(address, &there).await;
        self.page().until("the page", STILL).await;
    }

    /// Makes a backup by the button of the dashboard, and waits until the dashboard tells of it.
    pub(crate) async fn back_up(&self) {
        let newest =
            "document.querySelector('main table a[href^=\"/runs/\"]')?.getAttribute('href') ?? 'none'";
        self.go("/").await;
        self.find("#back-up-now:enabled").await;
        let before = self.page().run(&format!("return {newest}")).await;
        self.click("#back-up-now").await;
        let told = format!(
            "return ({newest}) !== {before} && !document.querySelector('.under-way')
                 && !document.querySelector('#back-up-now').disabled"
        );
        self.page().until_within(SLOW, "the backup on the dashboard", &told).await;
    }

    /// Makes one that ends with an error below the head of the dashboard.
    pub(crate) async fn fail_to_back_up(&self) {
        self.go("/").await;
        self.click("#back-up-now:enabled").await;
        self.wait("header.page .below [role=alert]").await;
        self.gone(".under-way").await;
    }

    /// Lets what waits for a lock wait until it is drawn.
    pub(crate) async fn wait_longer(&self) {
        for _ in 0..3 {
            self.click(".under-way .longer").await;
        }
    }

    /// Goes on from step to step until one has this.
    pub(crate) async fn on_until(&self, next: &str, css: &str) {
        for _ in 0..5 {
            self.page().run_until_called(RESTS).await;
            if self.page().has(css).await {
                return;
            }
            self.click(&format!("{next}:enabled")).await;
        }
        self.find(css).await;
    }

    /// Draws the page from its top to its end.
    pub(crate) async fn draw(&self, name: &str) {
        self.draw_from(name, None).await;
    }

    /// Draws the part of the page in which this is.
    pub(crate) async fn draw_at(&self, name: &str, css: &str) {
        self.draw_from(name, Some(css)).await;
    }

    async fn draw_from(&self, name: &str, css: Option<&str>) {
        if !self.tour.wants(self.world, name) {
            return;
        }
        println!("  {name}");
        self.page().until(&format!("{name} to be still"), STILL).await;
        for look in &self.looks {
            self.wear(look).await;
            let scroll = match css {
                Some(css) => format!(
                    "document.querySelector({})?.scrollIntoView({{ block: 'center', behavior: 'instant' }})",
                    Value::from(css)
                ),
                None => "scrollTo({ top: 0, behavior: 'instant' })".to_owned(),
            };
            self.page().run(&scroll).await;
            self.page().run_until_called(RESTS).await;
            self.keep(look, name).await;
            if css.is_none() && look.goes_down() {
                self.draw_down(look, name).await;
            }
        }
        // What is done next is done in the same window whatever was drawn.
        self.wear(&self.looks[0]).await;
        self.page().run("scrollTo({ top: 0, behavior: 'instant' })").await;
    }

    /// What is below, part by part.
    async fn draw_down(&self, look: &Look, name: &str) {
        let step = look.size.1 - AGAIN;
        for part in 1..PARTS {
            let moved = format!(
                "if (document.querySelector('dialog[open]')) return false;
                 const before = scrollY;
                 scrollTo({{ top: {}, behavior: 'instant' }});
                 return scrollY > before + 8;",
                part * step
            );
            if self.page().run(&moved).await != true {
                return;
            }
            self.page().run_until_called(RESTS).await;
            self.keep(look, &format!("{name}-{}", part + 1)).await;
        }
    }

    async fn keep(&self, look: &Look, name: &str) {
        let picture = self.tour.keep(look, name, &self.page().picture().await);
        let found = self.page().run(findings::SCRIPT).await;
        self.tour.findings().add(&picture, &found);
    }

    /// Size and theme, without leaving the page.
    async fn wear(&self, look: &Look) {
        self.page().resize(look.size.0, look.size.1).await;
        let theme = if look.dark { "dark" } else { "light" };
        if self.page().run("return document.documentElement.dataset.theme").await != theme {
            self.change_theme(theme).await;
        }
        self.page().point_at(1, look.size.1 - 1).await;
        self.page().run_until_called(RESTS).await;
    }

    /// By the commands, which lie above whatever is open, and charts are drawn anew. What was typed into the page stays.
    async fn change_theme(&self, theme: &str) {
        let by_commands = "return !!document.querySelector('#palette-open')
            && !document.querySelector('#palette').open";
        if self.page().run(by_commands).await != true {
            // Before there is a profile there are no commands, and no charts that would need to know.
            self.page().run(&format!("document.documentElement.dataset.theme = '{theme}'")).await;
            return;
        }
        self.page().run("document.querySelector('#palette-open').click()").await;
        self.find("#palette[open]").await;
        self.page()
            .run(
                "const field = document.querySelector('#palette-field');
                 field.value = 'theme';
                 field.dispatchEvent(new Event('input', { bubbles: true }));",
            )
            .await;
        // As the system, light, dark.
        let place = if theme == "dark" { 2 } else { 1 };
        let choose = format!(
            "const found = document.querySelectorAll('#palette-list [role=option]');
             const names = [0, 1, 2].map(i => found[i]?.innerText.split(':')[0]);
             if (names.some(name => !name || name !== names[0])) return false;
             found[{place}].click();
             return true;"
        );
        self.page().until("the themes among the commands", &choose).await;
        let worn = format!(
            "return document.documentElement.dataset.theme === '{theme}'
                 && !document.querySelector('#palette').open"
        );
        self.page().until(&format!("the {theme} page"), &worn).await;
    }

    /// Ends it.
    pub(crate) async fn close(self) {
        self.app.page.close().await;
    }
}
