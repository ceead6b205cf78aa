-- Up to when the due times of a schedule are settled, and by which rule. Kept apart from the runs, which may go.
CREATE TABLE schedules (
    -- Names the profile, and its database and store: profiles of several configurations may have one name.
    schedule   TEXT    NOT NULL,
    operation  TEXT    NOT NULL,
    pattern    TEXT    NOT NULL,
    zone       TEXT    NOT NULL,
    settled_ms INTEGER NOT NULL,
    -- When a program looked at it that ends after each look; NULL for never.
    looked_ms  INTEGER,
    PRIMARY KEY (schedule, operation)
) STRICT, WITHOUT ROWID;

-- A moment at which something was due. Its key is what keeps it from being done twice.
CREATE TABLE slots (
    schedule      TEXT    NOT NULL,
    operation     TEXT    NOT NULL,
    due_ms        INTEGER NOT NULL,
    -- The rule that made it due.
    pattern       TEXT    NOT NULL,
    zone          TEXT    NOT NULL,
    claimed_ms    INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('claimed', 'waiting', 'succeeded', 'failed')),
    -- Moments before it that were missed: a list of times, and how many came before those.
    missed        TEXT    NOT NULL,
    missed_before INTEGER NOT NULL CHECK (missed_before >= 0),
    attempts      INTEGER NOT NULL CHECK (attempts BETWEEN 0 AND 100),
    again_ms      INTEGER,
    run           INTEGER,
    failure       TEXT,
    CHECK ((state = 'waiting') = (again_ms IS NOT NULL)),
    PRIMARY KEY (schedule, operation, due_ms)
) STRICT, WITHOUT ROWID;
