//! At three in the morning somebody has run an UPDATE without WHERE, and there is no mouse at hand.

use aitta_testing::KEY;
use aitta_tests::{Keyboard, Window};

use super::{one_click_makes_a_backup, rows, shop};

/// Two texts, for the palette and the name of the database, and as many keys as somebody presses who looks for nothing.
#[tokio::test]
async fn two_overwritten_tables_come_back_by_keyboard_alone() {
    let database = shop("window-night").await;
    let app = Window::new().protecting(database.url(), KEY).start("window-night").await;
    one_click_makes_a_backup(&app).await;
    let (customers, bookings) = (rows(&database, "customer").await, rows(&database, "booking").await);
    database.psql("UPDATE booking SET note = ''; UPDATE customer SET name = 'x'").await;

    app.page.click("nav a[href='/']").await;
    let mut hands = Keyboard::new(&app.page);
    let outcome = hands.give_back(&["booking", "customer"], database.name()).await;
    assert_eq!(outcome.as_deref(), Some("succeeded"), "{}", app.page.words().await);
    assert_eq!(rows(&database, "customer").await, customers);
    assert_eq!(rows(&database, "booking").await, bookings);
    let Keyboard { keys, fields, letters, .. } = hands;
    assert!(fields <= 2 && keys <= 60, "{keys} keys, and {fields} texts of {letters} letters");
    app.page.close().await;
}
