//! A backup over a line that is slow and breaks: it costs parts, not the dump.

use aitta_testing::s3::{S3Call, S3Server};
use aitta_testing::{AZURE_ACCOUNT, Aitta, Line, Quality};

use super::{azurite, run_sql, with_bucket, with_container};

/// More than a part of 8 MiB, or none would ever arrive.
const BAD: Quality = Quality { bytes_per_second: Some(40 << 20), break_after: Some(11 << 20) };

/// 40 MB that can't be compressed.
fn with_bulk(aitta: Aitta) -> Aitta {
    run_sql(
        &aitta,
        "CREATE TABLE bulk AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
         SELECT i, randomblob(100000) AS noise FROM n",
    );
    aitta
}

/// Made over the line, and read to the last byte around it.
fn back_up(aitta: Aitta, line: &Line, through: &str, around: &str) {
    let aitta = with_bulk(aitta).env("BACKUP_STORE_ENDPOINT", through);
    let made = aitta.json(&["backup", "create"]);
    assert!(line.breaks() >= 2, "{} breaks", line.breaks());
    let reading = made["phases"].as_array().unwrap().iter().filter(|phase| phase["name"] == "reading");
    assert_eq!(reading.count(), 1, "{made}");
    let aitta = aitta.env("BACKUP_STORE_ENDPOINT", around);
    let verified = aitta.json(&["backup", "verify", "--level", "content"]);
    assert_eq!(verified["results"][0]["ok"], true, "{verified}");
}

#[test]
fn broken_line_to_s3_costs_parts_and_not_the_dump() {
    let server = S3Server::start();
    let line = Line::to(server.endpoint().trim_start_matches("http://"), BAD);
    let through = format!("http://{}", line.address());
    back_up(with_bucket(&server), &line, &through, &server.endpoint());
    let seen = server.take_seen();
    let count = |call| seen.iter().filter(|seen| seen.call == call).count();
    assert_eq!((count(S3Call::Begin), count(S3Call::Complete)), (1, 1), "one upload");
    assert!(count(S3Call::Part) > 5, "some parts were sent again: {}", count(S3Call::Part));
}

#[test]
fn broken_line_to_azure_costs_blocks_and_not_the_dump() {
    let server = azurite();
    let line = Line::to(&server.address(), BAD);
    let through = format!("http://{}/{AZURE_ACCOUNT}", line.address());
    back_up(with_container(&server), &line, &through, &server.endpoint());
}
