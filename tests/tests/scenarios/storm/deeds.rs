//! The kinds of DDL of a storm. Each is one transaction that leads from one state of the database to another.

use std::collections::{BTreeSet, VecDeque};

use super::chance::Chance;

/// What has been done to the database by what was committed. No other program alters it.
#[derive(Clone, Default)]
pub(super) struct State {
    area_away: bool,
    orders_away: bool,
    detached: BTreeSet<u64>,
    gone: BTreeSet<u64>,
    prices_view: bool,
    sequence_view: bool,
    cheap_gone: bool,
    accounts_column: bool,
    price_takes_text: bool,
    type_renamed: bool,
    label_renamed: bool,
    lib_renamed: bool,
    index_renamed: bool,
    indexed: bool,
    checked: bool,
    bigint: bool,
    columns: VecDeque<u64>,
    histories: VecDeque<u64>,
    made: u64,
    stamp: u64,
}

/// One kind of DDL.
pub(super) struct Deed {
    /// As the figures at the end name it.
    pub(super) name: &'static str,
    /// How often, compared with the others.
    pub(super) weight: u64,
    /// Whether it changes what `live.items` means. Then it is sent as one message, so that the names are both old or
    /// both new for everybody but itself.
    pub(super) exchanges: bool,
    /// The statements, and the state that they lead to.
    pub(super) statements: fn(&mut State, &mut Chance) -> Vec<String>,
}

const fn deed(
    name: &'static str,
    weight: u64,
    statements: fn(&mut State, &mut Chance) -> Vec<String>,
) -> Deed {
    Deed { name, weight, exchanges: false, statements }
}

const fn exchange(
    name: &'static str,
    weight: u64,
    statements: fn(&mut State, &mut Chance) -> Vec<String>,
) -> Deed {
    Deed { name, weight, exchanges: true, statements }
}

pub(super) static DEEDS: [Deed; 21] = [
    exchange("schemas exchanged", 4, |_, _| noted(&SCHEMAS)),
    exchange("schemas exchanged and back", 1, |_, _| noted(&[&SCHEMAS[..], &SCHEMAS[..]].concat())),
    exchange("tables exchanged between schemas", 3, |_, _| noted(&TABLES)),
    deed("schema renamed", 2, schema),
    deed("privilege on a schema granted", 1, |_, _| list(&["GRANT USAGE ON SCHEMA shop TO PUBLIC"])),
    deed("table renamed", 4, orders),
    deed("tables exchanged by name", 4, |_, _| list(&LEFT_AND_RIGHT)),
    deed("partition attached or detached", 10, partition),
    deed("partition made or dropped", 4, partition_anew),
    deed("sequence replaced", 6, sequence_anew),
    deed("sequences exchanged", 4, |_, _| list(&SEQUENCES)),
    deed("sequence replaced by a view", 3, sequence_view),
    deed("column added or dropped", 6, column),
    deed("column of pgbench's added or dropped", 2, accounts_column),
    deed("table replaced by a view", 4, prices),
    deed("table dropped and made anew", 4, fresh),
    deed("table truncated and filled", 5, refill),
    deed("table rewritten", 3, rewrite),
    deed("history of pgbench begun anew", 3, history),
    deed("index or constraint made or dropped", 4, index),
    deed("function or view replaced", 4, function),
];

/// DDL of what a backup does not lock, and other definitions name. `pg_dump` gives these by names of a later moment than
/// the snapshot (documentation of `pg_dump`, Notes), without an error: a backup has to see it itself.
pub(super) static UNLOCKED: [Deed; 9] = [
    deed("sequences of defaults exchanged", 4, |_, _| {
        exchanged("SEQUENCE", "shop", ["number", "other_number"])
    }),
    deed("views exchanged", 4, |_, _| exchanged("VIEW", "shop", ["day", "night"])),
    deed("functions exchanged", 4, |state, _| {
        exchanged("FUNCTION", if state.lib_renamed { "lib2" } else { "lib" }, ["rate", "other_rate"])
    }),
    deed("function dropped and made anew", 4, price),
    deed("type renamed", 4, |state, _| {
        renamed(&mut state.type_renamed, "TYPE shop.", ["state", "condition"])
    }),
    deed("label of an enum renamed", 4, label),
    deed("schema without tables renamed", 4, |state, _| {
        renamed(&mut state.lib_renamed, "SCHEMA ", ["lib", "lib2"])
    }),
    deed("index renamed", 4, |state, _| {
        renamed(&mut state.index_renamed, "INDEX shop.", ["tickets_state", "tickets_by_state"])
    }),
    deed("trigger replaced", 4, trigger),
];

const SCHEMAS: [&str; 3] = [
    "ALTER SCHEMA live RENAME TO swapping",
    "ALTER SCHEMA next RENAME TO live",
    "ALTER SCHEMA swapping RENAME TO next",
];

const TABLES: [&str; 3] = [
    "ALTER TABLE live.items SET SCHEMA grey",
    "ALTER TABLE next.items SET SCHEMA live",
    "ALTER TABLE grey.items SET SCHEMA next",
];

const LEFT_AND_RIGHT: [&str; 3] = [
    "ALTER TABLE shop.left RENAME TO middle",
    "ALTER TABLE shop.right RENAME TO \"left\"",
    "ALTER TABLE shop.middle RENAME TO \"right\"",
];

const SEQUENCES: [&str; 3] = [
    "ALTER SEQUENCE seqs.a RENAME TO swapping",
    "ALTER SEQUENCE seqs.b RENAME TO a",
    "ALTER SEQUENCE seqs.swapping RENAME TO b",
];

fn list(statements: &[&str]) -> Vec<String> {
    statements.iter().map(|s| (*s).to_owned()).collect()
}

/// With a note of what the names mean after it.
fn noted(statements: &[&str]) -> Vec<String> {
    list(&[statements, &["SELECT storm.note()"]].concat())
}

/// The one or the other, in turn.
fn toggle(is_done: &mut bool, there: &[&str], back: &[&str]) -> Vec<String> {
    *is_done = !*is_done;
    list(if *is_done { there } else { back })
}

fn renamed(is_done: &mut bool, what: &str, [one, other]: [&str; 2]) -> Vec<String> {
    let alter = |from: &str, to: &str| format!("ALTER {what}{from} RENAME TO {to}");
    toggle(is_done, &[&alter(one, other)], &[&alter(other, one)])
}

fn exchanged(kind: &str, schema: &str, [one, other]: [&str; 2]) -> Vec<String> {
    let alter = |(from, to): (&str, &str)| format!("ALTER {kind} {schema}.{from} RENAME TO {to}");
    [(one, "swapping"), (other, one), ("swapping", other)].map(alter).into()
}

fn label(state: &mut State, _: &mut Chance) -> Vec<String> {
    let alter = |from: &str, to: &str| {
        let name = if state.type_renamed { "condition" } else { "state" };
        format!("ALTER TYPE shop.{name} RENAME VALUE '{from}' TO '{to}'")
    };
    let (there, back) = (alter("open", "ajar"), alter("ajar", "open"));
    toggle(&mut state.label_renamed, &[&there], &[&back])
}

fn price(state: &mut State, chance: &mut Chance) -> Vec<String> {
    let n = chance.below(1000);
    let make =
        |kind: &str| format!("CREATE FUNCTION shop.price(n {kind}) RETURNS int LANGUAGE sql AS 'SELECT {n}'");
    let there = ["DROP FUNCTION shop.price(int)", &make("text")];
    toggle(&mut state.price_takes_text, &there, &["DROP FUNCTION shop.price(text)", &make("int")])
}

fn schema(state: &mut State, _: &mut Chance) -> Vec<String> {
    let (there, back) =
        ("ALTER SCHEMA area RENAME TO \"Area 51\"", "ALTER SCHEMA \"Area 51\" RENAME TO area");
    toggle(&mut state.area_away, &[there], &[back])
}

fn orders(state: &mut State, _: &mut Chance) -> Vec<String> {
    let there = "ALTER TABLE shop.orders RENAME TO orders_old";
    toggle(&mut state.orders_away, &[there], &["ALTER TABLE shop.orders_old RENAME TO orders"])
}

fn partition(state: &mut State, chance: &mut Chance) -> Vec<String> {
    let there: Vec<u64> = (1..=5).filter(|n| !state.gone.contains(n)).collect();
    let Some(&n) = (!there.is_empty()).then(|| chance.pick(&there)) else { return Vec::new() };
    if state.detached.remove(&n) {
        return vec![format!("ALTER TABLE shop.events ATTACH PARTITION shop.events_{n} FOR VALUES IN ({n})")];
    }
    state.detached.insert(n);
    vec![format!("ALTER TABLE shop.events DETACH PARTITION shop.events_{n}")]
}

fn partition_anew(state: &mut State, chance: &mut Chance) -> Vec<String> {
    let n = 1 + chance.below(5);
    if state.gone.remove(&n) {
        state.detached.remove(&n);
        let attach = format!("ALTER TABLE shop.events ATTACH PARTITION shop.events_{n} FOR VALUES IN ({n})");
        return vec![format!("SELECT storm.part({n})"), attach];
    }
    state.gone.insert(n);
    state.detached.insert(n);
    vec![format!("DROP TABLE shop.events_{n}")]
}

fn sequence_anew(_: &mut State, chance: &mut Chance) -> Vec<String> {
    let name = *chance.pick(&["a", "b", "d"]);
    let (step, start) = (1 + chance.below(9), 1 + chance.below(1_000_000));
    let mut statements = vec![
        format!("DROP SEQUENCE seqs.{name}"),
        format!("CREATE SEQUENCE seqs.{name} INCREMENT {step} START {start}"),
    ];
    // One that was never used is read in another way.
    if chance.one_in(2) {
        statements.push(format!("SELECT nextval('seqs.{name}')"));
    }
    statements
}

fn sequence_view(state: &mut State, _: &mut Chance) -> Vec<String> {
    let there =
        ["DROP SEQUENCE seqs.c", "CREATE VIEW seqs.c AS SELECT 7::int8 AS last_value, true AS is_called"];
    toggle(&mut state.sequence_view, &there, &["DROP VIEW seqs.c", "CREATE SEQUENCE seqs.c START 10"])
}

fn column(state: &mut State, chance: &mut Chance) -> Vec<String> {
    if state.columns.len() > 3 || (!state.columns.is_empty() && chance.one_in(3)) {
        let n = state.columns.pop_front().unwrap();
        return vec![format!("ALTER TABLE shop.wide DROP COLUMN c{n}")];
    }
    state.made += 1;
    let n = state.made;
    state.columns.push_back(n);
    let kind = *chance.pick(&["text", "int DEFAULT 7", "text DEFAULT 'new' NOT NULL", "serial"]);
    vec![format!("ALTER TABLE shop.wide ADD COLUMN c{n} {kind}")]
}

fn accounts_column(state: &mut State, _: &mut Chance) -> Vec<String> {
    let (there, back) = ("ADD COLUMN extra int DEFAULT 3", "DROP COLUMN extra");
    let alter = |what: &str| format!("ALTER TABLE public.pgbench_accounts {what}");
    toggle(&mut state.accounts_column, &[&alter(there)], &[&alter(back)])
}

fn prices(state: &mut State, _: &mut Chance) -> Vec<String> {
    let there = [
        "ALTER TABLE shop.prices RENAME TO prices_base",
        "CREATE VIEW shop.prices AS SELECT id, me, x FROM shop.prices_base",
    ];
    let back = ["DROP VIEW shop.prices", "ALTER TABLE shop.prices_base RENAME TO prices"];
    toggle(&mut state.prices_view, &there, &back)
}

fn fresh(state: &mut State, chance: &mut Chance) -> Vec<String> {
    state.made += 1;
    let (n, rows) = (state.made, 100 + chance.below(500));
    vec!["DROP TABLE shop.fresh".to_owned(), format!("SELECT storm.make('shop.fresh', 'fresh-{n}', {rows})")]
}

/// Whoever reads with an older snapshot after this finds an empty table (documentation, 13.6 Caveats).
fn refill(state: &mut State, _: &mut Chance) -> Vec<String> {
    state.made += 1;
    let fill = format!("SELECT storm.fill('shop.refill', 'refill', 500, '{}')", state.made);
    vec!["TRUNCATE shop.refill".to_owned(), fill]
}

/// The same is true of a table that is rewritten.
fn rewrite(state: &mut State, chance: &mut Chance) -> Vec<String> {
    if chance.one_in(3) {
        return list(&["CLUSTER shop.rewritten USING rewritten_pkey"]);
    }
    let alter = |to: &str| format!("ALTER TABLE shop.rewritten ALTER COLUMN n TYPE {to}");
    toggle(&mut state.bigint, &[&alter("bigint")], &[&alter("int")])
}

fn history(state: &mut State, _: &mut Chance) -> Vec<String> {
    state.made += 1;
    let n = state.made;
    state.histories.push_back(n);
    let mut statements = vec![
        format!("ALTER TABLE public.pgbench_history RENAME TO history_{n}"),
        format!("CREATE TABLE public.pgbench_history (LIKE public.history_{n})"),
    ];
    if state.histories.len() > 2 {
        let oldest = state.histories.pop_front().unwrap();
        statements.push(format!("DROP TABLE public.history_{oldest}"));
    }
    statements
}

fn index(state: &mut State, chance: &mut Chance) -> Vec<String> {
    if chance.one_in(2) {
        let there = ["CREATE INDEX rewritten_x ON shop.rewritten (x)"];
        return toggle(&mut state.indexed, &there, &["DROP INDEX shop.rewritten_x"]);
    }
    let add = "ALTER TABLE shop.rewritten ADD CONSTRAINT positive CHECK (id > 0) NOT VALID";
    let there = [add, "ALTER TABLE shop.rewritten VALIDATE CONSTRAINT positive"];
    toggle(&mut state.checked, &there, &["ALTER TABLE shop.rewritten DROP CONSTRAINT positive"])
}

fn function(state: &mut State, chance: &mut Chance) -> Vec<String> {
    let n = chance.below(1000);
    match chance.below(3) {
        0 => {
            let kind = if state.price_takes_text { "text" } else { "int" };
            vec![format!(
                "CREATE OR REPLACE FUNCTION shop.price(n {kind}) RETURNS int LANGUAGE sql AS 'SELECT {n}'"
            )]
        }
        1 => {
            let view = format!("CREATE VIEW shop.cheap AS SELECT id, {n} AS version FROM shop.refill");
            toggle(&mut state.cheap_gone, &["DROP VIEW shop.cheap"], &[&view])
        }
        _ if state.cheap_gone => Vec::new(),
        _ => vec![format!("CREATE OR REPLACE VIEW shop.cheap AS SELECT id, {n} AS version FROM shop.refill")],
    }
}

/// A trigger that is replaced waits for no reader of its table; the function that it called is gone with it.
fn trigger(state: &mut State, _: &mut Chance) -> Vec<String> {
    let last = state.stamp;
    state.stamp += 1;
    let new = state.stamp;
    vec![
        format!(
            "CREATE FUNCTION shop.stamp_{new}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        ),
        format!(
            "CREATE OR REPLACE TRIGGER stamped BEFORE INSERT ON shop.refill \
             FOR EACH ROW EXECUTE FUNCTION shop.stamp_{new}()"
        ),
        format!("DROP FUNCTION IF EXISTS shop.stamp_{last}()"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_deeds() {
        let deeds = |seed| {
            let (mut state, mut chance) = (State::default(), Chance::new(seed));
            let some = (0..50).flat_map(|n| (DEEDS[n % DEEDS.len()].statements)(&mut state, &mut chance));
            some.collect::<Vec<_>>()
        };
        assert_eq!(deeds(7), deeds(7));
        assert_ne!(deeds(7), deeds(8));
    }
}
