//! Draws every page into `docs/screenshots`, light and dark. Run by `cargo xtask screenshots`, not by the
//! tests: those leave the checkout as it was.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the build")]

use aitta_tests::{Chrome, Look, root, serve};

/// Name of the picture, address, and what is clicked before it is drawn.
const PICTURES: [(&str, &str, &[&str]); 17] = [
    ("dashboard", "/", &[]),
    ("dashboard-unsafe", "/?state=unsafe", &[]),
    ("review", "/review", &[]),
    ("automation", "/automation", &[]),
    ("backups", "/backups", &[]),
    ("backup", "/backups/latest", &[]),
    ("restore", "/restore", &[]),
    ("restore-tables", "/restore?archive=latest", &["input[data-table=Booking]"]),
    ("restore-preview", "/restore?archive=latest", &["input[data-table=Booking]", NEXT, NEXT, ".plan-line"]),
    ("runs", "/runs", &[]),
    ("run", "/runs/2000", &[]),
    ("settings", "/settings", &[]),
    ("keys", "/keys", &[]),
    ("rotate", "/keys/rotate", &[]),
    ("second-factor", "/settings/second-factor", &[]),
    ("audit", "/audit?entry=238", &[]),
    ("setup", "/?state=setup", &[]),
];

const NEXT: &str = "#restore-next";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (server, chrome) = (serve(), Chrome::start("screenshots").await);
    let folder = root().join("docs/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, address, clicks) in PICTURES {
        for dark in [false, true] {
            chrome.look(Look { width: 1440, height: 1000, dark }).await;
            chrome.page.goto(&server.url(address)).await;
            chrome
                .page
                .until(
                    &format!("{address} to be drawn"),
                    "return !!document.querySelector('main h1, main h2, main.lone button')
                        && !document.querySelector('.loading')",
                )
                .await;
            for css in clicks {
                chrome.page.click(css).await;
            }
            let file = folder.join(format!("{name}-{}.png", if dark { "dark" } else { "light" }));
            std::fs::write(&file, chrome.page.picture().await).unwrap();
            println!("{}", file.display());
        }
    }
    chrome.page.close().await;
}
