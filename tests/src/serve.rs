//! The page with made-up answers, over HTTP, as the window gets it: under the app's own policy, and every
//! route is the same file.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::root;

/// A server for as long as the test runs.
pub struct Server {
    address: SocketAddr,
}

struct Site {
    dir: PathBuf,
    policy: String,
}

/// Serves `ui/dist-mock` on a free port.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn serve() -> Server {
    let dir = root().join("ui/dist-mock");
    assert!(dir.join("aitta_bg.wasm").is_file(), "the page is not built: run `cargo xtask ui --mock`");
    let site = Arc::new(Site { dir, policy: policy() });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let site = Arc::clone(&site);
            // A browser that hangs up in the middle has seen enough.
            std::thread::spawn(move || drop(site.answer(stream)));
        }
    });
    Server { address }
}

impl Server {
    /// The address of a route.
    #[must_use]
    pub fn url(&self, route: &str) -> String {
        format!("http://{}{route}", self.address)
    }
}

/// As the window enforces it.
fn policy() -> String {
    let config = std::fs::read_to_string(root().join("tauri.conf.json")).unwrap();
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config["app"]["security"]["csp"].as_str().unwrap().to_owned()
}

impl Site {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut request = String::new();
        reader.read_line(&mut request)?;
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let path = request.split(' ').nth(1).unwrap_or("/").split('?').next().unwrap_or("/");
        let name = path.trim_start_matches('/');
        // Names of files have a dot, routes have none.
        let is_file = name.contains('.') && !name.contains("..");
        let file = self.dir.join(if is_file { name } else { "index.html" });
        let (status, body) = match std::fs::read(&file) {
            Ok(body) => ("200 OK", body),
            // Browsers ask for it by themselves; the page has none, as a window has none.
            Err(_) if name == "favicon.ico" => ("204 No Content", Vec::new()),
            Err(_) => ("404 Not Found", Vec::new()),
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\nContent-Security-Policy: {}\r\n\
             Cache-Control: max-age=600\r\nConnection: close\r\n\r\n",
            kind(&file),
            body.len(),
            self.policy
        )?;
        stream.write_all(&body)
    }
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}
