//! A page in a browser, and what a user does with it.

use std::time::{Duration, Instant};

use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;

use crate::root;

/// How long anything on a page may take. Generous: the machine may be busy with other tests.
const WITHIN: Duration = Duration::from_secs(45);

/// A script that lists what is wrong with the head of the page, where an error stands; its argument is the error's title.
pub const FAULTS_OF_THE_HEAD: &str = "const box = e => e.getBoundingClientRect();
    const head = document.querySelector('header.page');
    const alert = box(head.querySelector('[role=alert]'));
    const buttons = [...head.querySelectorAll('.actions > *')].map(box);
    const faults = [];
    if (alert.width < box(head).width * 0.98) faults.push(`${alert.width} of ${box(head).width} px wide`);
    if (buttons.some(b => b.height > 48)) faults.push('a button is a slab');
    if (buttons.some(b => b.bottom > alert.top)) faults.push('it is beside the buttons');
    if (box(head.querySelector('h1')).bottom > alert.top) faults.push('it is beside the headline');
    const times = head.innerText.split(arguments[0]).length - 1;
    if (times !== 1) faults.push(`it is said ${times} times`);
    if (alert.top < 0 || alert.top > innerHeight - 40) faults.push('it is out of sight');
    return faults;";

/// How often a condition is looked at.
const EVERY: Duration = Duration::from_millis(25);

/// A page in a browser.
pub struct Page {
    client: Client,
    /// For the picture of a failure.
    name: String,
}

impl Page {
    /// Begins a session with the driver on this port. `name` is that of the test.
    pub(crate) async fn open(name: &str, port: u16, capabilities: Capabilities) -> Result<Self, String> {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let connected = builder.capabilities(capabilities).connect(&format!("http://127.0.0.1:{port}")).await;
        let client = connected.map_err(|e| e.to_string())?;
        Ok(Self { client, name: name.to_owned() })
    }

    /// Goes to an address.
    ///
    /// # Panics
    /// When the browser does not.
    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Goes on when a script returns something else than `null` and `false`.
    ///
    /// # Panics
    /// When it does not in time. `what` says what was waited for.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        self.until_within(WITHIN, what, script).await
    }

    /// Waits as [`Self::until`] does, with another limit.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn until_within(&self, within: Duration, what: &str, script: &str) -> Value {
        let deadline = Instant::now() + within;
        loop {
            match self.client.execute(script, Vec::new()).await {
                Ok(Value::Null | Value::Bool(false)) => {}
                Ok(value) => return value,
                // The page was left while it was looked at.
                Err(e) if is_passing(&e) => {}
                Err(e) => self.fail(&format!("{what}: {e}")).await,
            }
            if Instant::now() > deadline {
                self.fail(&format!("waited {within:?} for {what}")).await;
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// The element that a CSS selector finds, as soon as it is there.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(WITHIN).every(EVERY).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(e) => self.fail(&format!("waited {WITHIN:?} for {css}: {e}")).await,
        }
    }

    /// Whether a CSS selector finds something now.
    ///
    /// # Panics
    /// When the browser does not answer.
    pub async fn has(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    /// Clicks, as soon as it is there and can be clicked.
    ///
    /// # Panics
    /// When it can't be in time.
    pub async fn click(&self, css: &str) {
        let quoted = Value::from(css);
        let ready = format!(
            "const e = document.querySelector({quoted});
             return !!e && !e.disabled && e.getClientRects().length > 0;"
        );
        self.until(&format!("{css} to be there and enabled"), &ready).await;
        // As somebody who scrolls: a bar that stays at the edge of the window may cover it.
        self.run(&format!(
            "const e = document.querySelector({quoted}), box = e.getBoundingClientRect();
             const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
             if (!there || !(e.contains(there) || there.contains(e))) e.scrollIntoView({{ block: 'center' }});"
        ))
        .await;
        match self.find(css).await.click().await {
            Ok(()) => {}
            // It was made anew meanwhile, as a list is when a run ends.
            Err(e) if is_passing(&e) => {
                if let Err(e) = self.find(css).await.click().await {
                    self.fail(&format!("{css} can't be clicked: {e}")).await;
                }
            }
            Err(e) => self.fail(&format!("{css} can't be clicked: {e}")).await,
        }
    }

    /// Empties a field, pastes the clipboard into it, and returns what it holds then.
    ///
    /// # Panics
    /// When there is no such field in time.
    pub async fn paste(&self, css: &str) -> String {
        // Deleted first: with nothing on the clipboard, what is selected would stay.
        self.press_in(css, &[control('a'), char::from(Key::Delete).to_string(), control('v')]).await;
        self.find(css).await.prop("value").await.unwrap_or_default().unwrap_or_default()
    }

    /// Copies what a field holds.
    ///
    /// # Panics
    /// When there is no such field in time.
    pub async fn copy(&self, css: &str) {
        self.press_in(css, &[control('a'), control('c')]).await;
    }

    /// Presses these keys, one after the other.
    async fn press_in(&self, css: &str, keys: &[String]) {
        let field = self.find(css).await;
        for key in keys {
            if let Err(e) = field.send_keys(key).await {
                self.fail(&format!("{css} takes no keys: {e}")).await;
            }
        }
    }

    /// Replaces what is in a field, as somebody who types and looks at what is there. On a machine with more to do
    /// than it can, the driver of WebKit gives up a long text in the middle and says nothing: then it is typed
    /// again.
    ///
    /// # Panics
    /// When there is no such field in time, or it doesn't hold the text in the end.
    pub async fn fill(&self, css: &str, text: &str) {
        let all =
            format!("{}a{}{}", char::from(Key::Control), char::from(Key::Null), char::from(Key::Delete));
        let mut held = None;
        for _ in 0..3 {
            let field = self.find(css).await;
            let typed = match field.send_keys(&all).await {
                // A driver takes no keys that are none.
                Ok(()) if text.is_empty() => Ok(()),
                Ok(()) => field.send_keys(text).await,
                failed => failed,
            };
            if let Err(e) = typed {
                self.fail(&format!("{css} can't be typed into: {e}")).await;
            }
            held = field.prop("value").await.unwrap_or_default();
            // Dates and times are shown otherwise than they are typed.
            if held.as_deref() == Some(text)
                || field.attr("type").await.is_ok_and(|t| is_by_parts(t.as_deref()))
            {
                return;
            }
        }
        // Never shown: a field may hold a secret.
        let length = held.unwrap_or_default().chars().count();
        self.fail(&format!("{css} holds {length} characters, and {} were typed", text.chars().count())).await;
    }

    /// Presses keys, one after the other, wherever the focus is.
    ///
    /// # Panics
    /// When the browser takes none.
    pub async fn press(&self, keys: &str) {
        // As a keyboard does it. Keys that are sent to an element would give it the focus again each time,
        // and one would never get out of a field that has several parts.
        let keyboard = keys.chars().fold(KeyActions::new("keyboard".to_owned()), |keyboard, value| {
            keyboard.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        if let Err(e) = self.client.perform_actions(keyboard).await {
            self.fail(&format!("{keys:?} can't be pressed: {e}")).await;
        }
    }

    /// Presses a letter with the control key, wherever the focus is.
    ///
    /// # Panics
    /// When the browser takes none.
    pub async fn press_control(&self, letter: char) {
        let control = char::from(Key::Control);
        let keyboard = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: control })
            .then(KeyAction::Down { value: letter })
            .then(KeyAction::Up { value: letter })
            .then(KeyAction::Up { value: control });
        if let Err(e) = self.client.perform_actions(keyboard).await {
            self.fail(&format!("control and {letter:?} can't be pressed: {e}")).await;
        }
    }

    /// Goes on when these words are to be seen.
    ///
    /// # Panics
    /// When they are not in time.
    pub async fn see(&self, words: &str) {
        let script = format!("return document.body.innerText.includes({})", Value::from(words));
        self.until(&format!("the words {words:?}"), &script).await;
    }

    /// All words that are to be seen.
    ///
    /// # Panics
    /// When the browser does not answer.
    pub async fn words(&self) -> String {
        self.run("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script and returns what it returns.
    ///
    /// # Panics
    /// When it fails.
    pub async fn run(&self, script: &str) -> Value {
        self.run_with(script, Vec::new()).await
    }

    /// Runs a script with arguments.
    ///
    /// # Panics
    /// When it fails.
    pub async fn run_with(&self, script: &str, args: Vec<Value>) -> Value {
        match self.client.execute(script, args).await {
            Ok(value) => value,
            Err(e) => self.fail(&format!("a script failed: {e}")).await,
        }
    }

    /// Runs a script that ends by calling `arguments[0]`.
    ///
    /// # Panics
    /// When it fails.
    pub async fn run_until_called(&self, script: &str) -> Value {
        match self.client.execute_async(script, Vec::new()).await {
            Ok(value) => value,
            Err(e) => self.fail(&format!("a script failed: {e}")).await,
        }
    }

    /// A picture of what is to be seen, as PNG.
    ///
    /// # Panics
    /// When the browser makes none.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// Makes the window of this size, at the upper left of its screen, and waits until the page has it.
    ///
    /// # Panics
    /// When it does not get that size.
    pub async fn resize(&self, width: u32, height: u32) {
        if let Err(e) = self.client.set_window_rect(0, 0, width, height).await {
            self.fail(&format!("the window can't be {width}x{height}: {e}")).await;
        }
        let has_it = format!("return innerWidth === {width} && innerHeight === {height}");
        self.until(&format!("a page of {width}x{height}"), &has_it).await;
    }

    /// Moves the pointer to a place in the window, in CSS pixels.
    ///
    /// # Panics
    /// When the browser does not.
    pub async fn point_at(&self, x: u32, y: u32) {
        let to = |x: u32, y| PointerAction::MoveTo { duration: None, x: x.into(), y: f64::from(y) };
        // By way of another place: the driver of WebKit leaves out a move to where its last one went, although a
        // click has moved the pointer since.
        let way = MouseActions::new("mouse".to_owned()).then(to(x + 8, y)).then(to(x, y));
        if let Err(e) = self.client.perform_actions(way).await {
            self.fail(&format!("the pointer can't be moved: {e}")).await;
        }
    }

    /// Presses the button of the pointer on what a selector finds, and keeps it down.
    ///
    /// # Panics
    /// When there is nothing in time.
    pub async fn hold(&self, css: &str) {
        let quoted = Value::from(css);
        let middle = self
            .until(
                css,
                &format!(
                    "const e = document.querySelector({quoted}), box = e && e.getBoundingClientRect();
                     return box && [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)];"
                ),
            )
            .await;
        let at = |i: usize| middle[i].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap();
        self.point_at(at(0), at(1)).await;
        self.button(PointerAction::Down { button: MOUSE_BUTTON_LEFT }).await;
    }

    /// Lets go of the button of the pointer where the pointer is.
    ///
    /// # Panics
    /// When the browser does not.
    pub async fn let_go(&self) {
        self.button(PointerAction::Up { button: MOUSE_BUTTON_LEFT }).await;
    }

    async fn button(&self, action: PointerAction) {
        if let Err(e) = self.client.perform_actions(MouseActions::new("mouse".to_owned()).then(action)).await
        {
            self.fail(&format!("the button of the pointer: {e}")).await;
        }
    }

    /// Ends the session.
    ///
    /// # Panics
    /// When the browser does not answer.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    pub(crate) async fn issue(&self, command: impl WebDriverCompatibleCommand + Send + 'static) -> Value {
        self.client.issue_cmd(command).await.unwrap()
    }

    /// Ends the test, with a picture in `test-results` and the words on the page.
    async fn fail(&self, message: &str) -> ! {
        let file = root().join("test-results").join(format!("{}.png", self.name));
        drop(std::fs::create_dir_all(file.with_file_name("")));
        let picture = match self.client.screenshot().await {
            Ok(bytes) => std::fs::write(&file, bytes).map_err(|e| e.to_string()),
            Err(e) => Err(e.to_string()),
        };
        let at = self.client.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        // What is folded up as well: the facts of an error.
        let folded = "[...document.querySelectorAll('details:not([open])')].map(part => part.textContent)";
        let words = format!("return [document.body.innerText, ...{folded}].join('\\n')");
        let words = self.client.execute(&words, Vec::new()).await.unwrap_or_default();
        panic!(
            "{message}\nat {at}, picture {}: {picture:?}\n{}",
            file.display(),
            words.as_str().unwrap_or_default()
        )
    }
}

/// Errors that the next attempt does not meet.
fn is_passing(error: &CmdError) -> bool {
    error.is_stale_element_reference() || error.is_javascript_error() || error.is_no_such_element()
}

/// Whether a field of this type is typed into part by part.
fn is_by_parts(kind: Option<&str>) -> bool {
    matches!(kind, Some("date" | "time" | "datetime-local" | "month"))
}

/// A letter with the control key, which is let go at the end of each call of the driver.
fn control(letter: char) -> String {
    format!("{}{letter}", char::from(Key::Control))
}
