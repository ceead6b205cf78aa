//! Headless Chromium.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::{Page, Scene, told};

/// Whether the dashboard shows all that it has to show, in JavaScript.
pub const USABLE: &str =
    "document.querySelectorAll('.tile').length > 0 && !document.querySelector('.loading')
    && document.querySelectorAll('.plot svg').length > 0";

/// How a page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Of the page itself, in CSS pixels.
    pub width: u32,
    /// Likewise.
    pub height: u32,
    /// Whether the system asks for dark.
    pub dark: bool,
}

/// Headless Chromium with one page.
pub struct Chrome {
    /// What is to be seen.
    pub page: Page,
    axe: String,
    /// Last: the browser ends after the session.
    _scene: Scene,
}

impl Chrome {
    /// Starts it. `name` is that of the test.
    ///
    /// # Panics
    /// When it can't be started.
    pub async fn start(name: &str) -> Self {
        let mut scene = Scene::new();
        let mut driver = scene.command("chromedriver");
        driver.arg("--port=0").env("HOME", scene.dir());
        // "ChromeDriver was started successfully on port 41234."
        let port = scene.start_and_read("chromedriver", &mut driver, |line| {
            line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        let profile = scene.dir().join("profile");
        let mut args = vec![format!("--user-data-dir={}", profile.display())];
        args.extend(
            [
                "--headless=new",
                // Root has no sandbox; and what it sees is our own page.
                "--no-sandbox",
                "--disable-gpu",
                // Where /dev/shm is tiny, as in many containers, it would crash.
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--lang=en-US",
            ]
            .map(str::to_owned),
        );
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let opened = Page::open(name, port, capabilities).await;
        let page = opened.unwrap_or_else(|e| panic!("{e}\n{}", scene.log("chromedriver")));
        let axe = told("AITTA_TEST_AXE");
        let axe = std::fs::read_to_string(&axe).unwrap_or_else(|e| panic!("{}: {e}", axe.display()));
        Self { page, axe, _scene: scene }
    }

    /// From now on the page is looked at like this.
    pub async fn look(&self, look: Look) {
        let size = json!({
            "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if look.dark { "dark" } else { "light" };
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            // A colour half way to another has another contrast.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.tell("Emulation.setEmulatedMedia", features).await;
    }

    /// Changes how the page that is open is looked at, and waits until it has been drawn so.
    ///
    /// # Panics
    /// When the browser does not answer.
    pub async fn look_anew(&self, look: Look) {
        self.look(look).await;
        // In the first frame the page hears of its new size, and before the second it has acted on it.
        let two_frames = "requestAnimationFrame(() => requestAnimationFrame(() => arguments[0](null)))";
        self.page.run_until_called(two_frames).await;
    }

    /// What the browser has complained about since the last time: errors of scripts, what the policy has
    /// forbidden, files that were not there.
    ///
    /// # Panics
    /// When the browser does not answer.
    pub async fn complaints(&self) -> Vec<String> {
        let log = Command { path: "se/log", body: json!({ "type": "browser" }) };
        let log = self.page.issue(log).await;
        let lines = log.as_array().unwrap_or_else(|| panic!("no log: {log}")).iter();
        lines
            .filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING")
            .map(|line| line["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// What axe-core finds that hinders people seriously: rule, what it says, and where.
    ///
    /// # Panics
    /// When it can't be run.
    pub async fn barriers(&self) -> Vec<String> {
        if self.page.run("return typeof axe").await == "undefined" {
            self.page.run(&self.axe).await;
        }
        let script = "const done = arguments[0];
            axe.run(document, { resultTypes: ['violations'] })
                .then(found => done(found.violations
                    .filter(v => v.impact === 'serious' || v.impact === 'critical')
                    .flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary}`))))
                .catch(error => done([`axe-core failed: ${error}`]))";
        let found = self.page.run_until_called(script).await;
        serde_json::from_value(found).unwrap()
    }

    /// How long the list of backups takes to filter and to sort, in milliseconds, so many times each: from
    /// the event to the frame that shows the result.
    ///
    /// # Panics
    /// When the list is not there.
    pub async fn list_times(&self, times: usize) -> (Vec<f64>, Vec<f64>) {
        self.page.find("#backups-search").await;
        self.page.find("th[aria-sort] button").await;
        let (mut filters, mut sorts) = (Vec::new(), Vec::new());
        for n in 0..times {
            // Words that some have and some have not, and nothing in between.
            let text = ["2026-1", "", "verified", "manual", "a"][n % 5];
            let typed = format!(
                "const field = document.querySelector('#backups-search');
                 const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
                 const act = () => {{
                     set.call(field, '{text}');
                     field.dispatchEvent(new Event('input', {{ bubbles: true }}));
                 }};"
            );
            filters.push(self.time(&typed).await);
            let clicked = format!(
                "const heads = document.querySelectorAll('th[aria-sort] button');
                 const act = () => heads[{n} % heads.length].click();"
            );
            sorts.push(self.time(&clicked).await);
        }
        (filters, sorts)
    }

    /// Milliseconds from the start of the page at this address to a dashboard with all its figures and charts.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn start_time(&self, url: &str) -> f64 {
        let watch = format!(
            "new MutationObserver((_, observer) => {{
                 if (!({USABLE})) return;
                 observer.disconnect();
                 window.usableAt = performance.now();
             }}).observe(document, {{ childList: true, subtree: true, attributes: true }});"
        );
        let added = self.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": watch })).await;
        self.page.goto(url).await;
        let usable = self.page.until("the dashboard", "return window.usableAt").await;
        self.tell("Page.removeScriptToEvaluateOnNewDocument", added).await;
        usable.as_f64().unwrap()
    }

    /// Milliseconds from `act()` to the end of the next frame.
    async fn time(&self, act: &str) -> f64 {
        let script = format!(
            "{act}
             const done = arguments[0], drawn = new MessageChannel();
             requestAnimationFrame(() => {{
                 const begun = performance.now();
                 act();
                 // The next one comes when what this one has changed is drawn.
                 requestAnimationFrame(() => {{
                     drawn.port1.onmessage = () => done(performance.now() - begun);
                     drawn.port2.postMessage(null);
                 }});
             }})"
        );
        self.page.run_until_called(&script).await.as_f64().unwrap()
    }

    /// By the protocol of Chromium's own tools.
    async fn tell(&self, method: &str, params: Value) -> Value {
        let body = json!({ "cmd": method, "params": params });
        self.page.issue(Command { path: "goog/cdp/execute", body }).await
    }
}

/// What only Chromium's driver understands.
#[derive(Debug)]
struct Command {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
