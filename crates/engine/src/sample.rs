//! A sample database: the booking system of a Finnish car wash. The demonstration and the tests use it.
//!
//! The same every time: 2,000 users, 10,000 bookings and 10,000 e-mail notifications of the year 2026.

use std::fmt::Write;
use std::path::Path;

use aitta_model::ErrorCode;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::{Error, Result};

const USERS: u64 = 2_000;
const BOOKINGS: u64 = 10_000;
/// Rows per statement.
const CHUNK: usize = 500;

const SCHEMA: &str = r#"
CREATE TABLE "Service" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL UNIQUE, "description" TEXT NOT NULL,
  "priceCents" INTEGER NOT NULL CHECK ("priceCents" > 0), "durationMinutes" INTEGER NOT NULL,
  "active" INTEGER NOT NULL DEFAULT 1);
CREATE TABLE "User" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL UNIQUE, "name" TEXT NOT NULL, "phone" TEXT,
  "city" TEXT NOT NULL, "marketing" INTEGER NOT NULL DEFAULT 0, "createdAt" TEXT NOT NULL);
CREATE TABLE "TimeSlot" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT, "startsAt" TEXT NOT NULL UNIQUE, "endsAt" TEXT NOT NULL,
  "capacity" INTEGER NOT NULL);
CREATE TABLE "Booking" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "serviceId" INTEGER NOT NULL REFERENCES "Service" ("id"),
  "timeSlotId" INTEGER NOT NULL REFERENCES "TimeSlot" ("id"),
  "plate" TEXT NOT NULL, "status" TEXT NOT NULL, "priceCents" INTEGER NOT NULL, "note" TEXT,
  "createdAt" TEXT NOT NULL, "updatedAt" TEXT);
CREATE TABLE "Testimonial" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "serviceId" INTEGER NOT NULL REFERENCES "Service" ("id"),
  "rating" INTEGER NOT NULL CHECK ("rating" BETWEEN 1 AND 5), "text" TEXT NOT NULL,
  "published" INTEGER NOT NULL DEFAULT 0);
CREATE TABLE "Setting" ("key" TEXT PRIMARY KEY NOT NULL, "value" TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE "BusinessHours" (
  "weekday" INTEGER PRIMARY KEY CHECK ("weekday" BETWEEN 1 AND 7), "opens" TEXT, "closes" TEXT);
CREATE TABLE "Holiday" ("date" TEXT PRIMARY KEY NOT NULL, "name" TEXT NOT NULL);
CREATE TABLE "EmailNotification" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT,
  "bookingId" INTEGER NOT NULL REFERENCES "Booking" ("id") ON DELETE CASCADE,
  "kind" TEXT NOT NULL, "recipient" TEXT NOT NULL, "subject" TEXT NOT NULL, "sentAt" TEXT, "error" TEXT);
"#;

const INDEXES: &str = r#"
CREATE INDEX "Booking_userId_idx" ON "Booking" ("userId");
CREATE INDEX "Booking_timeSlotId_idx" ON "Booking" ("timeSlotId");
CREATE INDEX "Booking_open_idx" ON "Booking" ("status", "createdAt") WHERE "status" <> 'peruttu';
CREATE INDEX "EmailNotification_bookingId_idx" ON "EmailNotification" ("bookingId");
CREATE INDEX "EmailNotification_unsent_idx" ON "EmailNotification" ("id") WHERE "sentAt" IS NULL;
CREATE VIEW "MonthlyRevenue" AS
  SELECT substr("createdAt", 1, 7) AS "month", sum("priceCents") AS "cents" FROM "Booking"
  WHERE "status" = 'valmis' GROUP BY 1;
CREATE TRIGGER "Booking_touch" AFTER UPDATE ON "Booking" BEGIN
  UPDATE "Booking" SET "updatedAt" = '2026-12-31T00:00:00Z' WHERE "id" = new."id";
END;
"#;

const SERVICES: [(&str, &str, u32, u32); 10] = [
    ("Käsinpesu", "Korin pesu käsin, vanteet ja kuivaus", 3_900, 45),
    ("Harjaton pesu", "Koskematon esipesu ja korkeapainehuuhtelu", 1_900, 15),
    ("Sisäpuhdistus", "Imurointi, pintojen pyyhintä ja lasit sisältä", 5_900, 60),
    ("Käsinpesu ja sisäpuhdistus", "Auto puhtaaksi sisältä ja ulkoa", 8_900, 105),
    ("Pikavaha", "Käsinpesun päälle levitettävä suojavaha", 2_500, 20),
    ("Kestokiillotus", "Kaksivaiheinen kiillotus ja pinnoite", 34_900, 300),
    ("Moottorin pesu", "Moottoritilan höyrypesu ja suojaus", 6_900, 40),
    ("Penkkien pesu", "Kangaspenkkien painehuuhtelu", 9_900, 120),
    ("Renkaiden vaihto", "Kausivaihto ja paineiden tarkistus", 4_500, 30),
    ("Alustan pesu", "Suolan ja kuran poisto alustasta", 2_900, 20),
];

/// Public holidays of Finland in 2026, and the eves on which the car wash is closed.
const HOLIDAYS: [(&str, &str); 15] = [
    ("2026-01-01", "Uudenvuodenpäivä"),
    ("2026-01-06", "Loppiainen"),
    ("2026-04-03", "Pitkäperjantai"),
    ("2026-04-05", "Pääsiäispäivä"),
    ("2026-04-06", "Toinen pääsiäispäivä"),
    ("2026-05-01", "Vappu"),
    ("2026-05-14", "Helatorstai"),
    ("2026-05-24", "Helluntaipäivä"),
    ("2026-06-19", "Juhannusaatto"),
    ("2026-06-20", "Juhannuspäivä"),
    ("2026-10-31", "Pyhäinpäivä"),
    ("2026-12-06", "Itsenäisyyspäivä"),
    ("2026-12-24", "Jouluaatto"),
    ("2026-12-25", "Joulupäivä"),
    ("2026-12-26", "Tapaninpäivä"),
];

const FIRST: [&str; 24] = [
    "Aino", "Väinö", "Helmi", "Eino", "Sofia", "Leo", "Olivia", "Elias", "Aada", "Onni", "Hilma", "Toivo",
    "Päivi", "Jyrki", "Tuula", "Mikko", "Sari", "Jukka", "Kaisa", "Antti", "Riitta", "Pekka", "Hanna",
    "Ville",
];
const LAST: [&str; 24] = [
    "Korhonen",
    "Virtanen",
    "Mäkinen",
    "Nieminen",
    "Mäkelä",
    "Hämäläinen",
    "Laine",
    "Heikkinen",
    "Koskinen",
    "Järvinen",
    "Lehtonen",
    "Lehtinen",
    "Saarinen",
    "Salminen",
    "Heinonen",
    "Niemi",
    "Heikkilä",
    "Kinnunen",
    "Salonen",
    "Turunen",
    "Salo",
    "Laitinen",
    "Tuominen",
    "Rantanen",
];
const CITIES: [&str; 8] =
    ["Helsinki", "Espoo", "Tampere", "Vantaa", "Oulu", "Turku", "Jyväskylä", "Hämeenlinna"];
const PRAISE: [&str; 8] = [
    "Auto kuin uusi, kiitos!",
    "Nopea ja ystävällinen palvelu.",
    "Vanteisiin jäi hieman likaa, mutta muuten hyvä.",
    "Penkit tulivat todella puhtaiksi.",
    "Hinta-laatusuhde kohdallaan.",
    "Jouduin odottamaan vartin, lopputulos silti hieno.",
    "Suosittelen lämpimästi.",
    "Varaaminen verkossa oli helppoa.",
];

/// Makes the sample database as a new file.
///
/// # Errors
/// `target_not_empty` when there is a file already; `source_failed` when it can't be written.
pub async fn create(path: &Path) -> Result<()> {
    if path.exists() {
        return Err(Error::new(
            ErrorCode::TargetNotEmpty,
            format!("{} is there already", path.display()),
            "name a file that does not exist",
        ));
    }
    fill(path).await.map_err(|e| {
        Error::new(
            ErrorCode::SourceFailed,
            format!("the sample database {} could not be written: {e}", path.display()),
            "check that the folder is there and can be written to",
        )
        .with_source(e)
    })
}

async fn fill(path: &Path) -> Result<(), sqlx::Error> {
    let options =
        SqliteConnectOptions::new().filename(path).create_if_missing(true).disable_statement_logging();
    let mut db = options.connect().await?;
    run(&mut db, format!("BEGIN; {SCHEMA}")).await?;
    let mut random = Random(20_260_101);
    let services: Vec<String> = SERVICES
        .iter()
        .map(|(name, text, price, minutes)| format!("NULL, '{name}', '{text}', {price}, {minutes}, 1"))
        .collect();
    insert(&mut db, "Service", &services).await?;
    insert(&mut db, "User", &users(&mut random)).await?;
    let slots = slots();
    let rows: Vec<String> = slots.iter().map(|s| format!("NULL, '{s}:00:00', '{s}:59:59', 4")).collect();
    insert(&mut db, "TimeSlot", &rows).await?;
    let (bookings, notifications) = bookings(&mut random, &slots);
    insert(&mut db, "Booking", &bookings).await?;
    insert(&mut db, "Testimonial", &testimonials(&mut random)).await?;
    insert(&mut db, "Setting", &settings()).await?;
    insert(&mut db, "BusinessHours", &business_hours()).await?;
    let holidays: Vec<String> = HOLIDAYS.iter().map(|(day, name)| format!("'{day}', '{name}'")).collect();
    insert(&mut db, "Holiday", &holidays).await?;
    insert(&mut db, "EmailNotification", &notifications).await?;
    run(&mut db, format!("{INDEXES} COMMIT")).await?;
    db.close().await
}

async fn run(db: &mut SqliteConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(db).await.map(drop)
}

/// The rows are literals: all of them are made here and none holds a quote.
async fn insert(db: &mut SqliteConnection, table: &str, rows: &[String]) -> Result<(), sqlx::Error> {
    for chunk in rows.chunks(CHUNK) {
        run(db, format!("INSERT INTO \"{table}\" VALUES ({})", chunk.join("), ("))).await?;
    }
    Ok(())
}

fn users(random: &mut Random) -> Vec<String> {
    let ascii = |name: &str| name.to_lowercase().replace('ä', "a").replace('ö', "o");
    (1..=USERS)
        .map(|n| {
            let (first, last) = (random.pick(&FIRST), random.pick(&LAST));
            let phone = match random.below(10) {
                0 => "NULL".to_owned(),
                _ => format!("'+358 40 {:03} {:04}'", random.below(1_000), random.below(10_000)),
            };
            let (mail, city) = (format!("{}.{}{n}@esimerkki.fi", ascii(first), ascii(last)), random.pick(&CITIES));
            let (month, day) = (1 + random.below(12), 1 + random.below(28));
            let marketing = random.below(3) / 2;
            format!("NULL, '{mail}', '{first} {last}', {phone}, '{city}', {marketing}, '2025-{month:02}-{day:02}T09:00:00Z'")
        })
        .collect()
}

/// Whole hours from 8 to 18 on the days that are open, as `2026-01-02T08`.
fn slots() -> Vec<String> {
    let mut slots = Vec::new();
    let mut day: Date = date(2026, 1, 2);
    while day.year() == 2026 {
        let closed = day.weekday() == Weekday::Sunday || HOLIDAYS.iter().any(|(h, _)| *h == day.to_string());
        if !closed {
            let last = if day.weekday() == Weekday::Saturday { 15 } else { 18 };
            slots.extend((8..last).map(|hour| format!("{day}T{hour:02}")));
        }
        let Ok(next) = day.checked_add(1.day()) else { break };
        day = next;
    }
    slots
}

fn bookings(random: &mut Random, slots: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut bookings, mut notifications) = (Vec::new(), Vec::new());
    for id in 1..=BOOKINGS {
        // 7,919 is prime and shares no divisor with the number of slots, so every slot is taken in turn
        // and none beyond its capacity.
        let slot = (id * 7_919) % slots.len() as u64;
        let starts = &slots[slot as usize];
        let (user, service) = (1 + random.below(USERS), random.below(SERVICES.len() as u64));
        let status = match (starts.as_str() < "2026-09", random.below(12)) {
            (_, 0) => "peruttu",
            (true, _) => "valmis",
            (false, _) => "varattu",
        };
        let letter = |n: u64| char::from(b'A' + n as u8);
        let mut plate: String = (0..3).map(|_| letter(random.below(26))).collect();
        let _ = write!(plate, "-{}", 1 + random.below(999));
        let note = if random.below(15) == 0 { "'Takapenkillä lastenistuin'" } else { "NULL" };
        let price = SERVICES[service as usize].2;
        bookings.push(format!(
            "NULL, {user}, {}, {}, '{plate}', '{status}', {price}, {note}, '{starts}:00:00Z', NULL",
            service + 1,
            slot + 1
        ));
        let (kind, subject) = match random.below(3) {
            0 => ("muistutus", "Muistutus: aikasi on huomenna"),
            _ => ("vahvistus", "Varauksesi on vahvistettu"),
        };
        let sent = match random.below(50) {
            0 => "NULL, 'Postilaatikko on täynnä'".to_owned(),
            _ => format!("'{starts}:00:05Z', NULL"),
        };
        notifications
            .push(format!("NULL, {id}, '{kind}', 'asiakas{user}@esimerkki.fi', '{subject}', {sent}"));
    }
    (bookings, notifications)
}

fn testimonials(random: &mut Random) -> Vec<String> {
    (0..240)
        .map(|n| {
            let (user, service, text) = (1 + random.below(USERS), 1 + random.below(10), random.pick(&PRAISE));
            format!("NULL, {user}, {service}, {}, '{text}', {}", 3 + random.below(3), u8::from(n % 4 != 0))
        })
        .collect()
}

fn settings() -> Vec<String> {
    [
        ("yritys.nimi", "Pesula Kirkas Oy"),
        ("yritys.y-tunnus", "1234567-1"),
        ("yritys.osoite", "Pesutie 3, 33100 Tampere"),
        ("varaus.peruutusaika.tunnit", "24"),
        ("sposti.lahettaja", "varaukset@esimerkki.fi"),
        ("alv.prosentti", "25.5"),
    ]
    .map(|(key, value)| format!("'{key}', '{value}'"))
    .to_vec()
}

fn business_hours() -> Vec<String> {
    (1..=7)
        .map(|day| match day {
            6 => "6, '08:00', '15:00'".to_owned(),
            7 => "7, NULL, NULL".to_owned(),
            day => format!("{day}, '08:00', '18:00'"),
        })
        .collect()
}

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014): the same
/// numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}
