-- Behalf on PostgreSQL: the first schema.
--
-- Shape
--   * Every key begins with environment_id: a row of another environment cannot be found by its id alone. Exceptions are
--     installation-wide tables (schema_migration, node, key_ring, data_protection_key, operator_credential,
--     connector_revision) and the unique indexes whose look-up returns the environment: client ids, digests of link, state
--     and auth request, connection ids.
--   * Ids are UUIDv7, so their order is the order of creation. Digests are 64 hexadecimal characters. Times are
--     microseconds since 1970 (UTC) from behalf_now(); leases and expiries compare this database time only.
--   * Text is COLLATE "C", whatever the database's own locale: identifiers are equal when their bytes are.
--   * Ciphertext stands only in columns named *_sealed, wrapped keys in wrapped_key. JSON columns are text, never queried.
--   * Mutable rows carry row_version or are changed by a condition on what they must still be (step, generation, fence).
--
-- Rules that the constraints below keep
--   * One account is live per (environment, connection, identifier); deleted ones stay as tombstones.
--   * A credential is only ever inserted. Which one is current is account.generation, moved by compare-and-set together
--     with the refresh fence; a fence grows and is never reset, so whoever held it before can no longer commit.
--
-- What keeps several nodes right
--   * Rows are locked in one order: connection, account, then what belongs to the account. Whatever is decided by reading
--     is decided again by the condition of the update that follows.
--   * Each bundle of intents holds one advisory lock in shared mode for its transaction. What withdraws authority commits,
--     takes that lock exclusively once, and only then is acknowledged: no intent that saw the old state commits later.
--   * A process holds its node's name by the row in node. It locks that row with each record it appends, so a process that
--     lost the name can no longer write its lane.
--   * Nothing is kept in a session: a transaction pooler may stand in between.
--
-- The audit trail has no foreign keys: it outlives what it speaks of. Its columns beside body and personal are for
-- look-ups; what counts is what was hashed into body.

-- STABLE, so that indexes serve conditions on it: one statement sees one time. Only tests set behalf.now.
CREATE FUNCTION behalf_now() RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN coalesce(
    nullif(current_setting('behalf.now', true), '')::bigint,
    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
END
$$;

-- Who serves. Heartbeats are compared by the database's own clock, which no test moves.
CREATE TABLE node (
  name text COLLATE "C" NOT NULL PRIMARY KEY,
  process text COLLATE "C" NOT NULL UNIQUE,
  fence bigint NOT NULL,
  started_at timestamptz NOT NULL,
  heartbeat_at timestamptz NOT NULL
);

CREATE TABLE environment (
  id uuid NOT NULL PRIMARY KEY,
  slug text COLLATE "C" NOT NULL UNIQUE,
  name text COLLATE "C" NOT NULL,
  public_url text COLLATE "C" UNIQUE,
  verify_mode integer NOT NULL,
  default_verify_url text COLLATE "C",
  read_back boolean NOT NULL, -- whether GetConnectedAccountAuth returns tokens to service credentials
  detailed_error_logging boolean NOT NULL,
  tool_naming text COLLATE "C" NOT NULL, -- 'behalf' or 'scalekit'
  created_at bigint NOT NULL,
  row_version bigint NOT NULL
);

CREATE TABLE key_ring (
  id uuid NOT NULL PRIMARY KEY,
  kind integer NOT NULL,
  state integer NOT NULL,
  wrapped_key bytea NOT NULL,
  wrapper text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL
);

-- One key of each kind is active (state 1).
CREATE UNIQUE INDEX key_ring_active ON key_ring (kind) WHERE state = 1;

-- Keys of cookies and form tokens, sealed by the vault; every node reads all of them.
CREATE TABLE data_protection_key (
  id uuid NOT NULL PRIMARY KEY,
  element_sealed text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE operator_credential (
  id uuid NOT NULL PRIMARY KEY,
  client_id text COLLATE "C" NOT NULL UNIQUE,
  secret_digest text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE api_client (
  environment_id uuid NOT NULL REFERENCES environment (id),
  id uuid NOT NULL,
  client_id text COLLATE "C" NOT NULL UNIQUE,
  name text COLLATE "C" NOT NULL,
  limits text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  enabled boolean NOT NULL,
  created_at bigint NOT NULL,
  row_version bigint NOT NULL,
  PRIMARY KEY (environment_id, id)
);

CREATE TABLE api_client_secret (
  environment_id uuid NOT NULL,
  client uuid NOT NULL,
  number integer NOT NULL,
  digest text COLLATE "C" NOT NULL CHECK (length(digest) = 64),
  created_at bigint NOT NULL,
  not_after bigint,
  PRIMARY KEY (environment_id, client, number),
  FOREIGN KEY (environment_id, client) REFERENCES api_client (environment_id, id)
);

CREATE TABLE user_session (
  environment_id uuid NOT NULL,
  id uuid NOT NULL,
  client_id text COLLATE "C" NOT NULL UNIQUE,
  secret_digest text COLLATE "C" NOT NULL CHECK (length(secret_digest) = 64),
  client uuid NOT NULL,
  identifier text COLLATE "C" NOT NULL,
  incarnation bigint NOT NULL,
  epoch bigint NOT NULL,
  limits text COLLATE "C" NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, client) REFERENCES api_client (environment_id, id)
);

CREATE INDEX user_session_expires_at ON user_session (expires_at);

CREATE TABLE end_user (
  environment_id uuid NOT NULL REFERENCES environment (id),
  identifier text COLLATE "C" NOT NULL,
  incarnation bigint NOT NULL,
  epoch bigint NOT NULL,
  created_at bigint NOT NULL,
  deleted_at bigint,
  PRIMARY KEY (environment_id, identifier)
);

-- sequence tells which revision of a slug is the newest, also between two of one microsecond.
CREATE TABLE connector_revision (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  revision text COLLATE "C" NOT NULL UNIQUE CHECK (length(revision) = 64),
  slug text COLLATE "C" NOT NULL,
  origin text COLLATE "C" NOT NULL,
  owner_environment uuid REFERENCES environment (id),
  document text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL
);

CREATE INDEX connector_revision_slug ON connector_revision (slug, sequence);

CREATE TABLE connection (
  environment_id uuid NOT NULL REFERENCES environment (id),
  id uuid NOT NULL UNIQUE,
  name text COLLATE "C" NOT NULL,
  connector text COLLATE "C" NOT NULL,
  connector_revision text COLLATE "C" NOT NULL REFERENCES connector_revision (revision),
  tool_prefix text COLLATE "C" NOT NULL,
  base_url text COLLATE "C" NOT NULL,
  oauth_url text COLLATE "C" NOT NULL,
  client_id text COLLATE "C",
  client_secret_sealed bytea,
  scopes text COLLATE "C" NOT NULL,
  allowed_tools text COLLATE "C",
  policy_revision bigint NOT NULL,
  enabled boolean NOT NULL,
  created_at bigint NOT NULL,
  deleted_at bigint,
  row_version bigint NOT NULL,
  PRIMARY KEY (environment_id, id)
);

CREATE UNIQUE INDEX connection_name ON connection (environment_id, name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX connection_tool_prefix ON connection (environment_id, tool_prefix) WHERE deleted_at IS NULL;

-- status and reason are of the stored credential; the state on the wire is derived from them and the open flow.
CREATE TABLE account (
  environment_id uuid NOT NULL,
  id uuid NOT NULL,
  connection_id uuid NOT NULL,
  identifier text COLLATE "C" NOT NULL,
  incarnation bigint NOT NULL,
  status integer NOT NULL,
  reason text COLLATE "C",
  generation bigint NOT NULL,
  provider_user_key text COLLATE "C",
  provider_user_name text COLLATE "C",
  granted_scopes text COLLATE "C" NOT NULL,
  scope_source text COLLATE "C",
  api_config text COLLATE "C",
  organization_id text COLLATE "C",
  user_id text COLLATE "C",
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint,
  row_version bigint NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id),
  FOREIGN KEY (environment_id, identifier) REFERENCES end_user (environment_id, identifier)
);

CREATE UNIQUE INDEX account_live ON account (environment_id, connection_id, identifier) WHERE deleted_at IS NULL;
CREATE INDEX account_identifier ON account (environment_id, identifier, id);
CREATE INDEX account_connection ON account (environment_id, connection_id, id);
CREATE INDEX account_provider_user ON account (connection_id, provider_user_key) WHERE provider_user_key IS NOT NULL;

-- Rotation of the ring rewraps these rows only. A key that a row refers to cannot be deleted.
CREATE TABLE account_dek (
  environment_id uuid NOT NULL,
  account_id uuid NOT NULL,
  wrapped_key bytea NOT NULL,
  ring_key_id uuid NOT NULL REFERENCES key_ring (id),
  PRIMARY KEY (environment_id, account_id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id)
);

CREATE INDEX account_dek_ring_key ON account_dek (ring_key_id);

CREATE TABLE credential (
  environment_id uuid NOT NULL,
  account_id uuid NOT NULL,
  generation bigint NOT NULL,
  access_sealed bytea NOT NULL,
  refresh_sealed bytea,
  extra_sealed bytea,
  access_expires_at bigint,
  refresh_expires_at bigint,
  granted_scopes text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (environment_id, account_id, generation),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id)
);

-- Apart from account, so that leases never disturb its version.
CREATE TABLE refresh_state (
  environment_id uuid NOT NULL,
  account_id uuid NOT NULL,
  fence bigint NOT NULL,
  owner text COLLATE "C",
  lease_until bigint,
  attempt_id uuid,
  attempt_generation bigint NOT NULL DEFAULT 0,
  attempt_state integer NOT NULL DEFAULT 0,
  not_before bigint,
  due_at bigint,
  PRIMARY KEY (environment_id, account_id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id)
);

CREATE INDEX refresh_state_due_at ON refresh_state (due_at) WHERE due_at IS NOT NULL;

-- The few leases that are held: those of dead processes are ended without walking through every account.
CREATE INDEX refresh_state_owner ON refresh_state (owner) WHERE owner IS NOT NULL;

-- Written in bundles, never by a call.
CREATE TABLE account_use (
  environment_id uuid NOT NULL,
  account_id uuid NOT NULL,
  last_used_at bigint NOT NULL,
  PRIMARY KEY (environment_id, account_id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id)
);

-- Steps 1 to 4 are open, 5 succeeded, 6 failed; each step is one conditional update. exchange_owner is the process that
-- took the flow to step 4, so that one which died in the exchange is recognised.
CREATE TABLE authorization_flow (
  environment_id uuid NOT NULL,
  id uuid NOT NULL,
  connection_id uuid NOT NULL,
  account_id uuid NOT NULL,
  identifier text COLLATE "C" NOT NULL,
  step integer NOT NULL,
  mode integer NOT NULL,
  link_digest text COLLATE "C" NOT NULL UNIQUE CHECK (length(link_digest) = 64),
  state_digest text COLLATE "C" UNIQUE CHECK (length(state_digest) = 64),
  browser_digest text COLLATE "C" UNIQUE CHECK (length(browser_digest) = 64),
  auth_request_digest text COLLATE "C" UNIQUE CHECK (length(auth_request_digest) = 64),
  verify_url text COLLATE "C",
  app_state text COLLATE "C",
  verifier_sealed bytea,
  code_sealed bytea,
  issuer text COLLATE "C",
  redirect_uri text COLLATE "C" NOT NULL,
  scopes text COLLATE "C" NOT NULL,
  allow_other_provider_user boolean NOT NULL,
  connection_version bigint NOT NULL,
  created_by text COLLATE "C" NOT NULL,
  outcome text COLLATE "C",
  mismatched_identifier text COLLATE "C",
  exchange_owner text COLLATE "C",
  expires_at bigint NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
);

CREATE INDEX authorization_flow_account ON authorization_flow (environment_id, account_id, created_at, id) WHERE step < 5;
CREATE INDEX authorization_flow_expires_at ON authorization_flow (expires_at) WHERE step < 4;
CREATE INDEX authorization_flow_exchanging ON authorization_flow (environment_id, id) WHERE step = 4;

-- A token on its way out, sealed under a key of the job's own.
CREATE TABLE revocation_job (
  environment_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  wrapped_key bytea NOT NULL,
  ring_key_id uuid NOT NULL REFERENCES key_ring (id),
  token_sealed bytea NOT NULL,
  token_kind text COLLATE "C" NOT NULL,
  provider_user_key text COLLATE "C",
  attempts bigint NOT NULL,
  next_at bigint NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
);

CREATE INDEX revocation_job_next_at ON revocation_job (next_at);
CREATE INDEX revocation_job_ring_key ON revocation_job (ring_key_id);

-- What was stopped, from the moment it was acknowledged; proof follows when the provider answered or we gave up. Exported,
-- it corrects a restored backup.
CREATE TABLE revocation_ledger (
  environment_id uuid NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  job_id uuid,
  account_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  generation bigint,
  stopped_at bigint NOT NULL,
  finished_at bigint,
  proof text COLLATE "C",
  PRIMARY KEY (environment_id, sequence)
);

CREATE UNIQUE INDEX revocation_ledger_job ON revocation_ledger (environment_id, job_id) WHERE job_id IS NOT NULL;

CREATE TABLE event (
  environment_id uuid NOT NULL,
  id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  account_id uuid NOT NULL,
  data text COLLATE "C" NOT NULL,
  occurred_at bigint NOT NULL,
  PRIMARY KEY (environment_id, id)
);

-- One lane has one writing process, the one that holds the node of its name; sequence and head are its newest record.
CREATE TABLE audit_lane (
  environment_id uuid NOT NULL,
  lane text COLLATE "C" NOT NULL,
  owner text COLLATE "C" NOT NULL,
  fence bigint NOT NULL,
  sequence bigint NOT NULL,
  head bytea NOT NULL CHECK (length(head) = 32),
  PRIMARY KEY (environment_id, lane)
);

CREATE TABLE audit_record (
  environment_id uuid NOT NULL,
  lane text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  id uuid NOT NULL,
  version integer NOT NULL,
  kind integer NOT NULL,
  execution_id uuid,
  identifier text COLLATE "C",
  agent_run text COLLATE "C",
  at bigint NOT NULL,
  body bytea NOT NULL,
  personal bytea,
  hash bytea NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (environment_id, lane, sequence)
);

CREATE UNIQUE INDEX audit_record_id ON audit_record (environment_id, id);
CREATE INDEX audit_record_execution ON audit_record (environment_id, execution_id, id) WHERE execution_id IS NOT NULL;
CREATE INDEX audit_record_identifier ON audit_record (environment_id, identifier, id) WHERE identifier IS NOT NULL;
CREATE INDEX audit_record_agent_run ON audit_record (environment_id, agent_run, id) WHERE agent_run IS NOT NULL;
-- The kinds that are few among many calls.
CREATE INDEX audit_record_denial ON audit_record (environment_id, id) WHERE kind = 4;
CREATE INDEX audit_record_admin ON audit_record (environment_id, id) WHERE kind = 5;

-- Intents that wait for their completion: what a process that no longer lives left has an unknown outcome.
CREATE TABLE audit_open_call (
  environment_id uuid NOT NULL,
  execution_id uuid NOT NULL,
  process text COLLATE "C" NOT NULL,
  lane text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (environment_id, execution_id)
);

-- Calls that a repeat may mean: those that write, and those whose caller brought an idempotency key. A row is inserted in
-- the transaction of the call's intent and gets its outcome in that of the completion; both hold the key's advisory lock.
--
-- key_digest and content_digest are MACs: they tell equal from different and reveal neither key nor arguments. The
-- outcome is sealed under the account's own key, so it cannot be read once the account is shredded. expires_at ends the
-- row's meaning: 24 hours after the start when the caller brought the key, at most 10 seconds after the end otherwise.
CREATE TABLE idempotency (
  environment_id uuid NOT NULL,
  principal text COLLATE "C" NOT NULL,
  key_digest text COLLATE "C" NOT NULL CHECK (length(key_digest) = 64),
  named boolean NOT NULL,
  content_digest text COLLATE "C" NOT NULL CHECK (length(content_digest) = 64),
  execution_id uuid NOT NULL,
  state integer NOT NULL,
  answer integer NOT NULL,
  outcome_sealed bytea,
  expires_at bigint NOT NULL,
  PRIMARY KEY (environment_id, principal, key_digest)
);

CREATE INDEX idempotency_execution ON idempotency (environment_id, execution_id);
CREATE INDEX idempotency_expires_at ON idempotency (expires_at);

CREATE TABLE audit_checkpoint (
  environment_id uuid NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  at bigint NOT NULL,
  heads text COLLATE "C" NOT NULL,
  ring_key_id uuid NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (environment_id, sequence)
);
