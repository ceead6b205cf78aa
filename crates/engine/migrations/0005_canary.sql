-- The last test of each active key of a profile: whether it opens the newest archive.
CREATE TABLE canary (
    profile TEXT    NOT NULL,
    key_id  TEXT    NOT NULL,
    at_ms   INTEGER NOT NULL,
    -- Absent when there was none to try.
    archive TEXT,
    -- {"code", "message", "hint"} of one that did not open.
    failure TEXT,
    PRIMARY KEY (profile, key_id)
) STRICT, WITHOUT ROWID;
