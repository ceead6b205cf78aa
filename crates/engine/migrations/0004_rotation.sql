-- The journal of rotations. A convenience: which key opens an archive is said by its header.
CREATE TABLE rotations (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    profile    TEXT    NOT NULL,
    store      TEXT    NOT NULL,
    direction  TEXT    NOT NULL CHECK (direction IN ('forward', 'back')),
    -- Ids of the keys that are left: a JSON array. The first is the one that was active before.
    from_keys  TEXT    NOT NULL,
    to_key     TEXT    NOT NULL,
    reencrypt  INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    -- Whether every archive was opened with the new key alone; otherwise another rotation took its place.
    complete   INTEGER NOT NULL DEFAULT 0,
    archives   INTEGER NOT NULL,
    done       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX rotations_open ON rotations (profile, store) WHERE ended_ms IS NULL;

-- From when on a key that no archive needed any more may be destroyed.
CREATE TABLE destroyable_keys (
    profile TEXT    NOT NULL,
    key_id  TEXT    NOT NULL,
    from_ms INTEGER NOT NULL,
    PRIMARY KEY (profile, key_id)
) STRICT, WITHOUT ROWID;
