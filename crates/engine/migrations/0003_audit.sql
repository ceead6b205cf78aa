-- The audit trail: each entry carries the SHA-256 of the one before it and of itself.
CREATE TABLE audit (
    entry INTEGER PRIMARY KEY,
    -- aitta_model::AuditEntry as JSON, to the byte as it was hashed.
    body  TEXT NOT NULL,
    hash  TEXT NOT NULL,
    -- HMAC-SHA-256 of number and hash under the key that the body names; NULL when it names none.
    tag   TEXT
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;

-- INSERT OR REPLACE deletes without a word: https://sqlite.org/lang_conflict.html
CREATE TRIGGER audit_is_added_to_at_its_end BEFORE INSERT ON audit
WHEN NEW.entry IS NOT (SELECT coalesce(max(entry), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;

-- The last signed end of the chain: HMAC-SHA-256 under a key of the ring. An older end needs an older copy of this
-- row, since the tags of the entries are made under another label.
CREATE TABLE audit_head (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    entry  INTEGER NOT NULL,
    hash   TEXT    NOT NULL,
    key_id TEXT    NOT NULL,
    tag    TEXT    NOT NULL
) STRICT;

-- The entry that began a run.
ALTER TABLE runs ADD COLUMN audit INTEGER;
