-- People who sign in here. One of the local directory has a password; one of the operator's identity provider has the
-- provider's subject instead. Both share the namespace of the applications' users.
CREATE TABLE person (
  environment_id uuid NOT NULL REFERENCES environment (id),
  identifier text COLLATE "C" NOT NULL,
  issuer text COLLATE "C",
  subject text COLLATE "C",
  name text COLLATE "C" NOT NULL,
  group_names text COLLATE "C" NOT NULL,
  password_hash text COLLATE "C",
  totp_sealed bytea,
  totp_step bigint NOT NULL,
  enabled boolean NOT NULL,
  created_at bigint NOT NULL,
  row_version bigint NOT NULL,
  PRIMARY KEY (environment_id, identifier),
  CHECK ((issuer IS NULL) = (subject IS NULL)),
  CHECK (issuer IS NULL OR password_hash IS NULL)
);

CREATE UNIQUE INDEX person_subject ON person (environment_id, issuer, subject) WHERE issuer IS NOT NULL;

-- Where an environment's people sign in besides the local directory.
CREATE TABLE identity_provider (
  environment_id uuid NOT NULL PRIMARY KEY REFERENCES environment (id),
  issuer text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  client_secret_sealed bytea,
  scopes text COLLATE "C" NOT NULL,
  identifier_claim text COLLATE "C" NOT NULL,
  groups_claim text COLLATE "C",
  row_version bigint NOT NULL
);

CREATE TABLE sign_in_session (
  digest text COLLATE "C" NOT NULL,
  environment_id uuid NOT NULL REFERENCES environment (id),
  identifier text COLLATE "C" NOT NULL,
  incarnation bigint NOT NULL,
  epoch bigint NOT NULL,
  signed_in_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (environment_id, digest)
);

CREATE UNIQUE INDEX sign_in_session_digest ON sign_in_session (digest);
CREATE INDEX sign_in_session_end ON sign_in_session (expires_at);

-- MCP clients as the authorization server knows them. kind: 1 static, 2 dynamic, 3 metadata document.
CREATE TABLE oauth_client (
  environment_id uuid NOT NULL REFERENCES environment (id),
  id uuid NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  kind integer NOT NULL,
  name text COLLATE "C" NOT NULL,
  redirect_uris text COLLATE "C" NOT NULL,
  metadata_digest text COLLATE "C" NOT NULL,
  secret_digest text COLLATE "C",
  created_at bigint NOT NULL,
  used_at bigint,
  fresh_until bigint,
  PRIMARY KEY (environment_id, id)
);

CREATE UNIQUE INDEX oauth_client_id ON oauth_client (environment_id, client_id);

-- What a person agreed to, for the client as it described itself then.
CREATE TABLE oauth_consent (
  environment_id uuid NOT NULL,
  identifier text COLLATE "C" NOT NULL,
  client uuid NOT NULL,
  incarnation bigint NOT NULL,
  scopes text COLLATE "C" NOT NULL,
  metadata_digest text COLLATE "C" NOT NULL,
  given_at bigint NOT NULL,
  PRIMARY KEY (environment_id, identifier, client),
  FOREIGN KEY (environment_id, client) REFERENCES oauth_client (environment_id, id)
);

CREATE INDEX oauth_consent_client ON oauth_consent (environment_id, client);

-- What one person allowed one client at one resource: a code, then access tokens and at most one live refresh token.
CREATE TABLE oauth_grant (
  environment_id uuid NOT NULL,
  id uuid NOT NULL,
  client uuid NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  client_name text COLLATE "C" NOT NULL,
  identifier text COLLATE "C" NOT NULL,
  incarnation bigint NOT NULL,
  epoch bigint NOT NULL,
  resource text COLLATE "C" NOT NULL,
  scopes text COLLATE "C" NOT NULL,
  redirect_uri text COLLATE "C",
  code_challenge text COLLATE "C",
  code_digest text COLLATE "C" NOT NULL,
  code_expires_at bigint NOT NULL,
  redeemed_at bigint,
  refresh_digest text COLLATE "C",
  replaced_digest text COLLATE "C",
  replaced_at bigint,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  ended_at bigint,
  end_reason text COLLATE "C",
  PRIMARY KEY (environment_id, id)
);

CREATE UNIQUE INDEX oauth_grant_code ON oauth_grant (code_digest);
CREATE INDEX oauth_grant_client ON oauth_grant (environment_id, client);
CREATE INDEX oauth_grant_user ON oauth_grant (environment_id, identifier);
CREATE INDEX oauth_grant_end ON oauth_grant (expires_at);

-- What a group of an environment's people may reach at /mcp. An environment without rows sets no limits.
CREATE TABLE mcp_group_policy (
  environment_id uuid NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  connection_id uuid NOT NULL,
  tools text COLLATE "C" NOT NULL,
  PRIMARY KEY (environment_id, group_name, connection_id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
);

CREATE INDEX mcp_group_policy_connection ON mcp_group_policy (environment_id, connection_id);
