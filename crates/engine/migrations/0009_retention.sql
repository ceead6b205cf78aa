-- Archives that retention has put away: in no list, and deleted by a prune from `until_ms` on.
CREATE TABLE put_away (
    store    TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    -- Its deletion has begun. As long as the catalog knows the archive, nothing of it is gone.
    deleting INTEGER NOT NULL CHECK (deleting IN (0, 1)),
    PRIMARY KEY (store, id)
) STRICT, WITHOUT ROWID;

-- What keeps an archive whatever the rules say, in each store that has it.
CREATE TABLE holds (
    -- The part of the id that stays when the archive is encrypted anew: its moment.
    moment   TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    archive  TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    -- NULL for what was found; a profile for what was held for lost rows.
    person   TEXT,
    since_ms INTEGER NOT NULL,
    -- NULL for a hold without an end.
    until_ms INTEGER,
    PRIMARY KEY (moment, kind)
) STRICT, WITHOUT ROWID;

-- The rules of each profile that somebody has agreed to: looser ones ask.
CREATE TABLE retention_rules (
    profile TEXT NOT NULL PRIMARY KEY,
    rules   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Whether a backup is known in any store is asked for each archive that is entered.
CREATE INDEX archives_by_id ON archives (id);
