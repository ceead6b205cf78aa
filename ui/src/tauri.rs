//! The shell around this page answers. Only this module knows that Tauri exists.

use aitta_model::{Call, ErrorCode, Failure};
use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};

use crate::transport::{Asked, OnMessage, OnProgress, Transport};

#[wasm_bindgen(module = "/src/tauri.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn ask(command: &str, args: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    async fn follow(
        command: &str,
        args: &str,
        on_message: &Closure<dyn Fn(String)>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch)]
    async fn save(command: &str, name: &str, bytes: &[u8]) -> Result<JsValue, JsValue>;
}

/// The shell around this page.
pub(crate) struct Shell;

impl Transport for Shell {
    fn ask(&self, call: Call, args: String) -> Asked<String> {
        let command = call.as_str();
        Box::pin(async move { text(command, ask(command, &args).await) })
    }

    fn follow(&self, call: Call, args: String, progress: OnProgress) -> Asked<String> {
        let command = call.as_str();
        Box::pin(async move {
            // It must outlive the operation, and no longer.
            let on_message = Closure::<dyn Fn(String)>::new(move |message: String| {
                if let Ok(event) = serde_json::from_str(&message) {
                    progress(event);
                }
            });
            text(command, follow(command, &args, &on_message).await)
        })
    }

    fn listen(&self, call: Call, on_message: OnMessage) -> Asked<String> {
        let command = call.as_str();
        Box::pin(async move {
            let on_message = Closure::<dyn Fn(String)>::wrap(on_message);
            let answer = follow(command, "{}", &on_message).await;
            // As long as the page.
            on_message.forget();
            text(command, answer)
        })
    }

    fn save(&self, name: &str, _mime: &str, bytes: Vec<u8>) -> Asked<Option<String>> {
        let (command, name) = (Call::save_file.as_str(), name.to_owned());
        Box::pin(async move {
            let path = save(command, &name, &bytes).await.map_err(|error| failure(command, &error))?;
            Ok(path.as_string())
        })
    }
}

fn text(command: &str, told: Result<JsValue, JsValue>) -> Result<String, Failure> {
    match told {
        Ok(answer) => Ok(answer.as_string().unwrap_or_default()),
        Err(error) => Err(failure(command, &error)),
    }
}

fn failure(command: &str, error: &JsValue) -> Failure {
    let text = error.as_string().unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_else(|_| Failure {
        code: ErrorCode::System,
        message: format!("the program gave no usable answer to {command:?}: {text}"),
        hint: "start Aitta again; if that does not help, report this message".to_owned(),
    })
}
