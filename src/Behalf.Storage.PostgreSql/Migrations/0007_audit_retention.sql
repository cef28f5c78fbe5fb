-- How long an environment keeps its audit trail, and where its lanes begin once older records are removed: heads are the
-- last records removed, signed by the ring's audit key.

ALTER TABLE environment ADD COLUMN audit_retention_days integer;

CREATE TABLE audit_anchor (
  environment_id uuid NOT NULL PRIMARY KEY,
  at bigint NOT NULL,
  heads text COLLATE "C" NOT NULL,
  ring_key_id uuid NOT NULL,
  signature bytea NOT NULL
);
