-- A schedule that somebody has paused. The row stays until its end was seen to: what was due until then is never done.
CREATE TABLE pauses (
    schedule TEXT    PRIMARY KEY,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    person   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
