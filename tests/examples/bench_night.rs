//! Measures the night on which two tables are needed back: from the start of the app to the report. Run by
//! `cargo xtask bench night`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the build")]

use std::sync::Arc;
use std::time::Instant;

use aitta_engine::config::Profile;
use aitta_engine::keys::KeyRing;
use aitta_engine::{Context, Silent, backup, runs};
use aitta_model::{BackupRequest, DatabaseUrl, Operation};
use aitta_testing::{KEY, profile};
use aitta_tests::{Keyboard, USABLE, Window};
use sqlx::{Connection, PgConnection};

/// What somebody runs without WHERE.
const DAMAGE: [&str; 2] =
    [r#"UPDATE "Booking" SET status = 'CANCELLED'"#, r#"UPDATE "TimeSlot" SET available = true"#];
const TABLES: [&str; 2] = ["Booking", "TimeSlot"];

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).unwrap();
    let window = Window::new();
    // The one that the window has by its environment.
    let profile = Profile {
        name: "default".to_owned(),
        database_url: Some(DatabaseUrl::new(&url)),
        ..profile(window.dir())
    };
    let window = window.protecting(&url, KEY);
    let mut context = Context::new(profile).await.unwrap();
    context.key_ring = Some(Arc::new(KeyRing::from_hex(KEY).unwrap()));
    let begun = Instant::now();
    let made = backup::create(&context, BackupRequest::default(), &Silent).await.unwrap();
    let backed_up = begun.elapsed();
    let mut db = PgConnection::connect(&url).await.unwrap();
    for sql in DAMAGE {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    db.close().await.unwrap();

    let begun = Instant::now();
    let app = window.start("bench-night").await;
    app.page.until("the dashboard", &format!("return {USABLE}")).await;
    let started = app.age();
    let mut hands = Keyboard::new(&app.page);
    let outcome = hands.give_back(&TABLES, "bench").await;
    let took = begun.elapsed();
    assert_eq!(outcome.as_deref(), Some("succeeded"), "{}", app.page.words().await);
    // The safety backup is a run of its own within it.
    let newest = runs::list(&context, 5).await.unwrap();
    let run = newest.iter().find(|run| run.operation == Operation::Restore).unwrap();
    let restored = runs::show(&context, run.id).await.unwrap();
    let seconds = |ms: u64| format!("{:.1} s", ms as f64 / 1e3);
    let phases = restored.phases.iter().map(|phase| format!("{} {}", phase.name, seconds(phase.duration_ms)));
    let phases = phases.collect::<Vec<_>>().join(", ");

    println!("| what | target | measured |\n|---|---|---|");
    println!(
        "| from the start of the app to \u{201c}it is back\u{201d} | 90 s | {:.1} s |",
        took.as_secs_f64()
    );
    println!("| of that to a usable dashboard | 1.0 s | {:.2} s |", started.as_secs_f64());
    println!("| keys, without those of texts | | {} |", hands.keys);
    println!("| texts, letters | | {}, {} |", hands.fields, hands.letters);
    println!("| phases of the restore | | {phases} |");
    println!(
        "| the backup before it, {} rows | | {:.1} s |",
        made.archive.rows.unwrap_or(0),
        backed_up.as_secs_f64()
    );
    app.page.close().await;
}
