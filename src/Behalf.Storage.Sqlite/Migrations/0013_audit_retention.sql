-- How long an environment keeps its audit trail, and where its lanes begin once older records are removed: heads are the
-- last records removed, signed by the ring's audit key.

ALTER TABLE environment ADD COLUMN audit_retention_days INTEGER;

CREATE TABLE audit_anchor (
  environment_id BLOB NOT NULL PRIMARY KEY CHECK (length(environment_id) = 16),
  at INTEGER NOT NULL,
  heads TEXT NOT NULL,
  ring_key_id BLOB NOT NULL,
  signature BLOB NOT NULL
) STRICT, WITHOUT ROWID;
