-- A new depth of evidence: the store has confirmed each part, and a sample was read back.
CREATE TABLE evidence_anew (
    id INTEGER PRIMARY KEY,
    store TEXT NOT NULL,
    archive TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    depth TEXT NOT NULL CHECK (depth IN ('sampled', 'stored', 'content', 'restored')),
    finding TEXT NOT NULL
) STRICT;
INSERT INTO evidence_anew (id, store, archive, at_ms, depth, finding)
    SELECT id, store, archive, at_ms, depth, finding FROM evidence;
DROP TABLE evidence;
ALTER TABLE evidence_anew RENAME TO evidence;
CREATE INDEX evidence_by_archive ON evidence (store, archive);
