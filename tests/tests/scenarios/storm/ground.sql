-- What the storm blows over. Each marked table has a comment `mark NAME ROWS`, and every row of it says the same
-- name: rows that were read from another table than the one whose definition they come with show by themselves,
-- whatever the names meant meanwhile. No committed state has another number of rows in it.
CREATE SCHEMA storm;
CREATE SCHEMA shop;
CREATE SCHEMA seqs;
CREATE SCHEMA live;
CREATE SCHEMA next;
CREATE SCHEMA grey;
CREATE SCHEMA area;

-- The rows of one filling begin with the same word: a table that is truncated and filled anew holds one of them.
CREATE FUNCTION storm.fill(name text, mark text, rows int, told text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %s (id, me, x) SELECT g, %L, %L || repeat(md5(g::text || %L), 3) FROM generate_series(1, %s) g',
        name, mark, told || ' ', told, rows);
END $$;

CREATE FUNCTION storm.make(name text, mark text, rows int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE %s (id serial PRIMARY KEY, me text NOT NULL DEFAULT %L, x text)', name, mark);
    EXECUTE format('COMMENT ON TABLE %s IS %L', name, format('mark %s %s', mark, rows));
    PERFORM storm.fill(name, mark, rows, 'first');
    PERFORM setval(pg_get_serial_sequence(name, 'id'), rows);
END $$;

-- What names meant, written by the transactions that changed it. Their order is that of the numbers, because there is
-- one session that exchanges.
CREATE TABLE storm.truth (
    id serial PRIMARY KEY, xid text NOT NULL, live oid NOT NULL, next oid NOT NULL, live_mark text NOT NULL, next_mark text NOT NULL
);
CREATE FUNCTION storm.note() RETURNS void LANGUAGE sql AS $$
    INSERT INTO storm.truth (xid, live, next, live_mark, next_mark)
    SELECT txid_current()::text, l, n, obj_description(l, 'pg_class'), obj_description(n, 'pg_class')
    FROM (SELECT to_regclass('live.items')::oid AS l, to_regclass('next.items')::oid AS n) names
$$;

SELECT storm.make('live.items', 'blue', 8000);
SELECT storm.make('next.items', 'green', 8000);
SELECT storm.note();

SELECT storm.make('area.t', 'area', 300);
SELECT storm.make('shop.orders', 'orders', 2000);
SELECT storm.make('shop.left', 'left', 2000);
SELECT storm.make('shop.right', 'right', 2000);
SELECT storm.make('shop.wide', 'wide', 1000);
SELECT storm.make('shop.prices', 'prices', 700);
SELECT storm.make('shop.fresh', 'fresh-0', 300);
SELECT storm.make('shop.refill', 'refill', 500);
SELECT storm.make('shop.rewritten', 'rewritten', 1500);
ALTER TABLE shop.rewritten ADD COLUMN n int;
UPDATE shop.rewritten SET n = id;

CREATE TABLE shop.events (k int NOT NULL, id int NOT NULL, me text NOT NULL, x text) PARTITION BY LIST (k);
CREATE FUNCTION storm.part(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE shop.events_%s (k int NOT NULL DEFAULT %s, id int NOT NULL, me text NOT NULL, x text)', n, n);
    EXECUTE format('COMMENT ON TABLE shop.events_%s IS %L', n, format('mark events-%s 400', n));
    PERFORM storm.fill(format('shop.events_%s', n), format('events-%s', n), 400, 'first');
END $$;
SELECT storm.part(n) FROM generate_series(1, 5) n;
ALTER TABLE shop.events ATTACH PARTITION shop.events_1 FOR VALUES IN (1);
ALTER TABLE shop.events ATTACH PARTITION shop.events_2 FOR VALUES IN (2);
ALTER TABLE shop.events ATTACH PARTITION shop.events_3 FOR VALUES IN (3);
ALTER TABLE shop.events ATTACH PARTITION shop.events_4 FOR VALUES IN (4);
ALTER TABLE shop.events ATTACH PARTITION shop.events_5 FOR VALUES IN (5);

CREATE SEQUENCE seqs.a;
CREATE SEQUENCE seqs.b INCREMENT 5;
CREATE SEQUENCE seqs.c START 10;
CREATE SEQUENCE seqs.d;
SELECT nextval('seqs.a'), nextval('seqs.b'), nextval('seqs.d');

-- What other things name, and nothing locks.
CREATE SCHEMA lib;
CREATE FUNCTION lib.rate() RETURNS int LANGUAGE sql AS 'SELECT 24';
CREATE FUNCTION lib.other_rate() RETURNS int LANGUAGE sql AS 'SELECT 10';
CREATE TYPE shop.state AS ENUM ('open', 'closed');
CREATE SEQUENCE shop.number;
CREATE SEQUENCE shop.other_number;
CREATE TABLE shop.tickets (id bigint DEFAULT nextval('shop.number'), state shop.state NOT NULL);
INSERT INTO shop.tickets (state) SELECT (ARRAY['open', 'closed'])[1 + g % 2]::shop.state FROM generate_series(1, 900) g;
CREATE INDEX tickets_state ON shop.tickets (state);
CREATE VIEW shop.day AS SELECT 1 AS n;
CREATE VIEW shop.night AS SELECT 2 AS n;
CREATE VIEW shop.now AS SELECT n, lib.rate() AS rate FROM shop.day;

CREATE FUNCTION shop.price(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 1';
CREATE VIEW shop.cheap AS SELECT id, 1 AS version FROM shop.refill;
