-- What people are to be told, kept until it has arrived. Written in the transaction of what it tells.
CREATE TABLE notices (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    profile TEXT    NOT NULL,
    at_ms   INTEGER NOT NULL,
    notice  TEXT    NOT NULL,
    -- waiting: some channel is still to get it; told: at least one has; lost: none has, and none will; untold: there was
    -- no channel for it.
    state   TEXT    NOT NULL CHECK (state IN ('waiting', 'told', 'lost', 'untold'))
) STRICT;

CREATE INDEX notices_of_profile ON notices (profile, state, id);

-- How it stands with a notice in a channel. The rows are those of the channels of the program that has entered it: another
-- one, such as a service with an environment of its own, may know others, and leaves these alone.
CREATE TABLE deliveries (
    notice       INTEGER NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    channel      TEXT    NOT NULL,
    attempts     INTEGER NOT NULL CHECK (attempts >= 0),
    -- When it may be tried again; NULL when it has arrived, or is given up. While it is tried, the time from which on
    -- that counts as ended by a kill.
    again_ms     INTEGER,
    delivered_ms INTEGER,
    -- NULL before the first attempt.
    tried_ms     INTEGER,
    -- Why the last attempt failed.
    failure      TEXT,
    PRIMARY KEY (notice, channel)
) STRICT, WITHOUT ROWID;

-- What is wrong now, so that the same is not told again and again, and its end is told once.
CREATE TABLE troubles (
    profile  TEXT    NOT NULL,
    -- What fails: an operation, or an operation and an archive.
    what     TEXT    NOT NULL,
    cause    TEXT    NOT NULL,
    since_ms INTEGER NOT NULL,
    -- The notice that has told it last.
    notice   INTEGER NOT NULL,
    -- How often it has happened since, untold.
    again    INTEGER NOT NULL CHECK (again >= 0),
    PRIMARY KEY (profile, what)
) STRICT, WITHOUT ROWID;
