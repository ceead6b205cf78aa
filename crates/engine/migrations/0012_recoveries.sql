-- After hooks that have to run because the hook before them was started. A row goes when they have run to a good end.
CREATE TABLE owed_hooks (
    profile  TEXT    NOT NULL,
    hook     TEXT    NOT NULL,
    -- NULL for a recovery.
    run      INTEGER,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (profile, hook)
) STRICT, WITHOUT ROWID;

-- Recoveries, each with all that is known of it as JSON, so that a later version may know more.
CREATE TABLE recoveries (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    profile  TEXT    NOT NULL,
    begun_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    -- Counts the changes: of two programs that go on with one recovery the second is refused.
    version  INTEGER NOT NULL,
    body     TEXT    NOT NULL
) STRICT;

CREATE UNIQUE INDEX recoveries_open ON recoveries (profile) WHERE ended_ms IS NULL;
