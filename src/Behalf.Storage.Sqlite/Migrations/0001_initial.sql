-- Behalf on SQLite: the first schema.
--
-- Shape
--   * Every key begins with environment_id: a row of another environment cannot be found by its id alone. Exceptions are
--     installation-wide tables (schema_migration, key_ring, operator_credential, connector_revision) and the unique
--     indexes whose look-up returns the environment: client ids, digests of link, state and auth request, connection ids.
--   * Ids are UUIDv7 as 16 big-endian bytes, so their byte order is the order of creation. Digests are 64 hexadecimal
--     characters. Times are microseconds since 1970 (UTC) from behalf_now(), a function each connection registers from
--     the process's clock; leases and expiries compare this database time only.
--   * Text compares as BINARY, the default: identifiers are equal when their bytes are.
--   * Ciphertext stands only in columns named *_sealed, wrapped keys in wrapped_key. JSON columns are text, never queried.
--   * Mutable rows carry row_version or are changed by a condition on what they must still be (step, generation, fence).
--
-- Two rules that the constraints below keep
--   * One account is live per (environment, connection, identifier); deleted ones stay as tombstones.
--   * A credential is only ever inserted. Which one is current is account.generation, moved by compare-and-set together
--     with the refresh fence; a fence grows and is never reset, so whoever held it before can no longer commit.
--
-- The audit trail has no foreign keys: it outlives what it speaks of. Its columns beside body and personal are for
-- look-ups; what counts is what was hashed into body. secure_delete overwrites what is deleted.

CREATE TABLE environment (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  public_url TEXT UNIQUE,
  verify_mode INTEGER NOT NULL,
  default_verify_url TEXT,
  created_at INTEGER NOT NULL,
  row_version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE key_ring (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  wrapped_key BLOB NOT NULL,
  wrapper TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One key of each kind is active (state 1).
CREATE UNIQUE INDEX key_ring_active ON key_ring (kind) WHERE state = 1;

CREATE TABLE operator_credential (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  client_id TEXT NOT NULL UNIQUE,
  secret_digest TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_client (
  environment_id BLOB NOT NULL REFERENCES environment (id),
  id BLOB NOT NULL CHECK (length(id) = 16),
  client_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  limits TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  row_version INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_client_secret (
  environment_id BLOB NOT NULL,
  client BLOB NOT NULL,
  number INTEGER NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  created_at INTEGER NOT NULL,
  not_after INTEGER,
  PRIMARY KEY (environment_id, client, number),
  FOREIGN KEY (environment_id, client) REFERENCES api_client (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_session (
  environment_id BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  client_id TEXT NOT NULL UNIQUE,
  secret_digest TEXT NOT NULL CHECK (length(secret_digest) = 64),
  client BLOB NOT NULL,
  identifier TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  limits TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, client) REFERENCES api_client (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_session_expires_at ON user_session (expires_at);

CREATE TABLE end_user (
  environment_id BLOB NOT NULL REFERENCES environment (id),
  identifier TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  PRIMARY KEY (environment_id, identifier)
) STRICT, WITHOUT ROWID;

-- sequence tells which revision of a slug is the newest, also between two of one microsecond.
CREATE TABLE connector_revision (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  revision TEXT NOT NULL UNIQUE CHECK (length(revision) = 64),
  slug TEXT NOT NULL,
  origin TEXT NOT NULL,
  owner_environment BLOB REFERENCES environment (id),
  document TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX connector_revision_slug ON connector_revision (slug, sequence);

CREATE TABLE connection (
  environment_id BLOB NOT NULL REFERENCES environment (id),
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  name TEXT NOT NULL,
  connector TEXT NOT NULL,
  connector_revision TEXT NOT NULL REFERENCES connector_revision (revision),
  tool_prefix TEXT NOT NULL,
  base_url TEXT NOT NULL,
  oauth_url TEXT NOT NULL,
  client_id TEXT,
  client_secret_sealed BLOB,
  scopes TEXT NOT NULL,
  allowed_tools TEXT,
  policy_revision INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  row_version INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX connection_name ON connection (environment_id, name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX connection_tool_prefix ON connection (environment_id, tool_prefix) WHERE deleted_at IS NULL;

-- status and reason are of the stored credential; the state on the wire is derived from them and the open flow.
CREATE TABLE account (
  environment_id BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  connection_id BLOB NOT NULL,
  identifier TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  status INTEGER NOT NULL,
  reason TEXT,
  generation INTEGER NOT NULL,
  provider_user_key TEXT,
  provider_user_name TEXT,
  granted_scopes TEXT NOT NULL,
  scope_source TEXT,
  api_config TEXT,
  organization_id TEXT,
  user_id TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  row_version INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id),
  FOREIGN KEY (environment_id, identifier) REFERENCES end_user (environment_id, identifier)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX account_live ON account (environment_id, connection_id, identifier) WHERE deleted_at IS NULL;
CREATE INDEX account_identifier ON account (environment_id, identifier, id);
CREATE INDEX account_connection ON account (environment_id, connection_id, id);
CREATE INDEX account_provider_user ON account (connection_id, provider_user_key) WHERE provider_user_key IS NOT NULL;

-- Rotation of the ring rewraps these rows only. A key that a row refers to cannot be deleted.
CREATE TABLE account_dek (
  environment_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  wrapped_key BLOB NOT NULL,
  ring_key_id BLOB NOT NULL REFERENCES key_ring (id),
  PRIMARY KEY (environment_id, account_id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_dek_ring_key ON account_dek (ring_key_id);

CREATE TABLE credential (
  environment_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  generation INTEGER NOT NULL,
  access_sealed BLOB NOT NULL,
  refresh_sealed BLOB,
  extra_sealed BLOB,
  access_expires_at INTEGER,
  refresh_expires_at INTEGER,
  granted_scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, account_id, generation),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id)
) STRICT, WITHOUT ROWID;

-- Apart from account, so that leases never disturb its version.
CREATE TABLE refresh_state (
  environment_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  fence INTEGER NOT NULL,
  owner TEXT,
  lease_until INTEGER,
  attempt_id BLOB,
  attempt_generation INTEGER NOT NULL DEFAULT 0,
  attempt_state INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER,
  due_at INTEGER,
  PRIMARY KEY (environment_id, account_id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_state_due_at ON refresh_state (due_at) WHERE due_at IS NOT NULL;

-- The few leases that are held: a start ends what a dead process left, without walking through every account.
CREATE INDEX refresh_state_owner ON refresh_state (owner) WHERE owner IS NOT NULL;

-- Written in bundles, never by a call.
CREATE TABLE account_use (
  environment_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  last_used_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, account_id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id)
) STRICT, WITHOUT ROWID;

-- Steps 1 to 4 are open, 5 succeeded, 6 failed; each step is one conditional update. exchange_owner is the process that
-- took the flow to step 4, so that one which died in the exchange is recognised.
CREATE TABLE authorization_flow (
  environment_id BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  connection_id BLOB NOT NULL,
  account_id BLOB NOT NULL,
  identifier TEXT NOT NULL,
  step INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  link_digest TEXT NOT NULL UNIQUE CHECK (length(link_digest) = 64),
  state_digest TEXT UNIQUE CHECK (length(state_digest) = 64),
  browser_digest TEXT UNIQUE CHECK (length(browser_digest) = 64),
  auth_request_digest TEXT UNIQUE CHECK (length(auth_request_digest) = 64),
  verify_url TEXT,
  app_state TEXT,
  verifier_sealed BLOB,
  code_sealed BLOB,
  issuer TEXT,
  redirect_uri TEXT NOT NULL,
  scopes TEXT NOT NULL,
  allow_other_provider_user INTEGER NOT NULL,
  connection_version INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  outcome TEXT,
  mismatched_identifier TEXT,
  exchange_owner TEXT,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX authorization_flow_account ON authorization_flow (environment_id, account_id, created_at, id) WHERE step < 5;
CREATE INDEX authorization_flow_expires_at ON authorization_flow (expires_at) WHERE step < 4;
CREATE INDEX authorization_flow_exchanging ON authorization_flow (environment_id, id) WHERE step = 4;

-- A token on its way out, sealed under a key of the job's own.
CREATE TABLE revocation_job (
  environment_id BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  account_id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  wrapped_key BLOB NOT NULL,
  ring_key_id BLOB NOT NULL REFERENCES key_ring (id),
  token_sealed BLOB NOT NULL,
  token_kind TEXT NOT NULL,
  provider_user_key TEXT,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX revocation_job_next_at ON revocation_job (next_at);
CREATE INDEX revocation_job_ring_key ON revocation_job (ring_key_id);

-- What was stopped, from the moment it was acknowledged; proof follows when the provider answered or we gave up. Exported,
-- it corrects a restored backup.
CREATE TABLE revocation_ledger (
  environment_id BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  job_id BLOB,
  account_id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  generation INTEGER,
  stopped_at INTEGER NOT NULL,
  finished_at INTEGER,
  proof TEXT,
  PRIMARY KEY (environment_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX revocation_ledger_job ON revocation_ledger (environment_id, job_id) WHERE job_id IS NOT NULL;

CREATE TABLE event (
  environment_id BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  type TEXT NOT NULL,
  account_id BLOB NOT NULL,
  data TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id)
) STRICT, WITHOUT ROWID;

-- One lane has one writing node; sequence and head are its newest record.
CREATE TABLE audit_lane (
  environment_id BLOB NOT NULL,
  lane TEXT NOT NULL,
  owner TEXT NOT NULL,
  fence INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  head BLOB NOT NULL CHECK (length(head) = 32),
  PRIMARY KEY (environment_id, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_record (
  environment_id BLOB NOT NULL,
  lane TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  version INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  execution_id BLOB,
  identifier TEXT,
  agent_run TEXT,
  at INTEGER NOT NULL,
  body BLOB NOT NULL,
  personal BLOB,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (environment_id, lane, sequence)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX audit_record_id ON audit_record (environment_id, id);
CREATE INDEX audit_record_execution ON audit_record (environment_id, execution_id, id) WHERE execution_id IS NOT NULL;
CREATE INDEX audit_record_identifier ON audit_record (environment_id, identifier, id) WHERE identifier IS NOT NULL;
CREATE INDEX audit_record_agent_run ON audit_record (environment_id, agent_run, id) WHERE agent_run IS NOT NULL;
-- The kinds that are few among many calls.
CREATE INDEX audit_record_denial ON audit_record (environment_id, id) WHERE kind = 4;
CREATE INDEX audit_record_admin ON audit_record (environment_id, id) WHERE kind = 5;

-- Intents that wait for their completion: what is left of another process at start has an unknown outcome.
CREATE TABLE audit_open_call (
  environment_id BLOB NOT NULL,
  execution_id BLOB NOT NULL,
  process TEXT NOT NULL,
  lane TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (environment_id, execution_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_checkpoint (
  environment_id BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  at INTEGER NOT NULL,
  heads TEXT NOT NULL,
  ring_key_id BLOB NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (environment_id, sequence)
) STRICT, WITHOUT ROWID;

-- What the planner should think of a full installation: rows, then how many share each further column of the key. Without
-- it, it takes an environment for a handful of rows and walks through all of them rather than use the fitting index.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('end_user', 'end_user', '1000000 1000000 1'),
  ('connection', 'connection', '100 100 1'),
  ('account', 'account', '1000000 1000000 1'),
  ('account', 'account_live', '1000000 1000000 100000 1'),
  ('account', 'account_identifier', '1000000 1000000 3 1'),
  ('account', 'account_connection', '1000000 1000000 100000 1'),
  ('account', 'account_provider_user', '1000000 100000 2'),
  ('credential', 'credential', '2000000 2000000 2 1'),
  ('refresh_state', 'refresh_state', '1000000 1000000 1'),
  ('refresh_state', 'refresh_state_due_at', '1000000 1'),
  ('refresh_state', 'refresh_state_owner', '100 100'),
  ('authorization_flow', 'authorization_flow', '1000000 1000000 1'),
  ('authorization_flow', 'authorization_flow_account', '1000 1000 2 1 1'),
  ('authorization_flow', 'authorization_flow_expires_at', '1000 1'),
  ('authorization_flow', 'authorization_flow_exchanging', '100 100 1'),
  ('event', 'event', '1000000 1000000 1'),
  ('audit_record', 'audit_record', '10000000 10000000 10000000 1'),
  ('audit_record', 'audit_record_id', '10000000 10000000 1'),
  ('audit_record', 'audit_record_execution', '10000000 10000000 3 1'),
  ('audit_record', 'audit_record_identifier', '10000000 10000000 1000 1'),
  ('audit_record', 'audit_record_agent_run', '5000000 5000000 20 1'),
  ('audit_record', 'audit_record_denial', '100000 100000 1'),
  ('audit_record', 'audit_record_admin', '100000 100000 1');
ANALYZE sqlite_schema;
