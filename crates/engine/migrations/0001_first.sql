-- Times are Unix time in milliseconds.

CREATE TABLE runs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    profile    TEXT    NOT NULL,
    operation  TEXT    NOT NULL,
    outcome    TEXT    NOT NULL CHECK (outcome IN ('running', 'succeeded', 'failed', 'cancelled')),
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    archive    TEXT,
    reason     TEXT,
    -- Names the file whose lock the process of a run holds while it lives.
    alive      TEXT    NOT NULL,
    -- {"code", "message", "hint"} of a run that did not succeed.
    failure    TEXT,
    -- The report of a run that did.
    report     TEXT,
    CHECK ((outcome = 'running') = (ended_ms IS NULL))
) STRICT;

CREATE INDEX runs_by_profile ON runs (profile, outcome);

CREATE TABLE archives (
    store       TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    created_ms  INTEGER NOT NULL,
    kind        TEXT,
    reason      TEXT,
    engine      TEXT,
    database    TEXT,
    complete    INTEGER,
    tables      INTEGER,
    row_count   INTEGER,
    size_bytes  INTEGER NOT NULL,
    duration_ms INTEGER,
    checksum    TEXT,
    PRIMARY KEY (store, id)
) STRICT, WITHOUT ROWID;

-- What the state of an archive rests on. Only ever added to, until the archive is forgotten.
CREATE TABLE evidence (
    id      INTEGER PRIMARY KEY,
    store   TEXT    NOT NULL,
    archive TEXT    NOT NULL,
    at_ms   INTEGER NOT NULL,
    depth   TEXT    NOT NULL CHECK (depth IN ('stored', 'content', 'restored')),
    -- Empty when all was well.
    finding TEXT    NOT NULL
) STRICT;

CREATE INDEX evidence_by_archive ON evidence (store, archive);
