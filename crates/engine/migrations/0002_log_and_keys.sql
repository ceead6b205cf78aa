-- What happened during a run: [{"at_ms", "text"}].
ALTER TABLE runs ADD COLUMN log TEXT;

-- When a vault key was first used to lock an archive of a profile. Only its id, which is not secret.
CREATE TABLE keys (
    profile       TEXT    NOT NULL,
    key_id        TEXT    NOT NULL,
    first_used_ms INTEGER NOT NULL,
    PRIMARY KEY (profile, key_id)
) STRICT, WITHOUT ROWID;
