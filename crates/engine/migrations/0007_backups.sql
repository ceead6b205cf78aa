-- Where the database of an archive is, to tell two of one name apart.
ALTER TABLE archives ADD COLUMN place TEXT;

-- What the report of each backup says that counts for the backups after it: the reports of all are too much to read.
CREATE TABLE backups (
    id          INTEGER PRIMARY KEY,
    profile     TEXT    NOT NULL,
    archive     TEXT    NOT NULL,
    -- NULL where the archive itself has said it, because its run is not known here.
    run         INTEGER,
    started_ms  INTEGER NOT NULL,
    -- Whether it is of the whole database; NULL when the report could not be read, and then so is all that follows.
    complete    INTEGER,
    engine      TEXT,
    database    TEXT,
    place       TEXT,
    size_bytes  INTEGER,
    row_count   INTEGER,
    duration_ms INTEGER,
    tables      INTEGER,
    -- [["table", rows], …] of a whole database.
    table_rows  TEXT,
    UNIQUE (profile, archive)
) STRICT;

CREATE UNIQUE INDEX backups_by_run ON backups (run);
CREATE INDEX backups_by_time ON backups (profile, started_ms);
CREATE INDEX runs_by_operation ON runs (profile, operation, outcome);
