-- People who sign in here. One of the local directory has a password; one of the operator's identity provider has the
-- provider's subject instead. Both share the namespace of the applications' users.
CREATE TABLE person (
  environment_id BLOB NOT NULL REFERENCES environment (id),
  identifier TEXT NOT NULL,
  issuer TEXT,
  subject TEXT,
  name TEXT NOT NULL,
  group_names TEXT NOT NULL,
  password_hash TEXT,
  totp_sealed BLOB,
  totp_step INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  row_version INTEGER NOT NULL,
  PRIMARY KEY (environment_id, identifier),
  CHECK ((issuer IS NULL) = (subject IS NULL)),
  CHECK (issuer IS NULL OR password_hash IS NULL)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX person_subject ON person (environment_id, issuer, subject) WHERE issuer IS NOT NULL;

-- Where an environment's people sign in besides the local directory.
CREATE TABLE identity_provider (
  environment_id BLOB NOT NULL PRIMARY KEY REFERENCES environment (id),
  issuer TEXT NOT NULL,
  client_id TEXT NOT NULL,
  client_secret_sealed BLOB,
  scopes TEXT NOT NULL,
  identifier_claim TEXT NOT NULL,
  groups_claim TEXT,
  row_version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_in_session (
  digest TEXT NOT NULL,
  environment_id BLOB NOT NULL REFERENCES environment (id),
  identifier TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  signed_in_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, digest)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX sign_in_session_digest ON sign_in_session (digest);
CREATE INDEX sign_in_session_end ON sign_in_session (expires_at);

-- MCP clients as the authorization server knows them. kind: 1 static, 2 dynamic, 3 metadata document.
CREATE TABLE oauth_client (
  environment_id BLOB NOT NULL REFERENCES environment (id),
  id BLOB NOT NULL CHECK (length(id) = 16),
  client_id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,
  metadata_digest TEXT NOT NULL,
  secret_digest TEXT,
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  fresh_until INTEGER,
  PRIMARY KEY (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX oauth_client_id ON oauth_client (environment_id, client_id);

-- What a person agreed to, for the client as it described itself then.
CREATE TABLE oauth_consent (
  environment_id BLOB NOT NULL,
  identifier TEXT NOT NULL,
  client BLOB NOT NULL,
  incarnation INTEGER NOT NULL,
  scopes TEXT NOT NULL,
  metadata_digest TEXT NOT NULL,
  given_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, identifier, client),
  FOREIGN KEY (environment_id, client) REFERENCES oauth_client (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX oauth_consent_client ON oauth_consent (environment_id, client);

-- What one person allowed one client at one resource: a code, then access tokens and at most one live refresh token.
CREATE TABLE oauth_grant (
  environment_id BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  client BLOB NOT NULL,
  client_id TEXT NOT NULL,
  client_name TEXT NOT NULL,
  identifier TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  resource TEXT NOT NULL,
  scopes TEXT NOT NULL,
  redirect_uri TEXT,
  code_challenge TEXT,
  code_digest TEXT NOT NULL,
  code_expires_at INTEGER NOT NULL,
  redeemed_at INTEGER,
  refresh_digest TEXT,
  replaced_digest TEXT,
  replaced_at INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  end_reason TEXT,
  PRIMARY KEY (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX oauth_grant_code ON oauth_grant (code_digest);
CREATE INDEX oauth_grant_client ON oauth_grant (environment_id, client);
CREATE INDEX oauth_grant_user ON oauth_grant (environment_id, identifier);
CREATE INDEX oauth_grant_end ON oauth_grant (expires_at);

-- What a group of an environment's people may reach at /mcp. An environment without rows sets no limits.
CREATE TABLE mcp_group_policy (
  environment_id BLOB NOT NULL,
  group_name TEXT NOT NULL,
  connection_id BLOB NOT NULL,
  tools TEXT NOT NULL,
  PRIMARY KEY (environment_id, group_name, connection_id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX mcp_group_policy_connection ON mcp_group_policy (environment_id, connection_id);
