-- What a person has done of the checklist, once for each span.
CREATE TABLE ticks (
    profile TEXT    NOT NULL,
    item    TEXT    NOT NULL,
    -- When the day, week, month or quarter begins for which it counts.
    from_ms INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    person  TEXT    NOT NULL,
    note    TEXT    NOT NULL,
    PRIMARY KEY (profile, item, from_ms)
) STRICT, WITHOUT ROWID;
