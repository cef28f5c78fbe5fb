-- The log of calls: a projection of the audit, made apart from every call. execution_cursor says how far each lane has been
-- taken in, in the same transaction as the rows, so a crash loses and doubles nothing; whoever takes a lane in holds its
-- row, so of several nodes one does. Deleting both tables' rows rebuilds the log. What counts remains the audit.
CREATE TABLE execution (
  environment_id uuid NOT NULL,
  id uuid NOT NULL,
  identifier text COLLATE "C",
  agent_run text COLLATE "C",
  account_id uuid NOT NULL,
  connection_id uuid,
  connection_name text COLLATE "C" NOT NULL,
  connector text COLLATE "C",
  organization_id text COLLATE "C",
  user_id text COLLATE "C",
  tool text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  error_code text COLLATE "C",
  error_message text COLLATE "C",
  provider_status integer,
  started_at bigint NOT NULL,
  ended_at bigint,
  PRIMARY KEY (environment_id, id)
);

CREATE INDEX execution_started_at ON execution (environment_id, started_at);
CREATE INDEX execution_identifier ON execution (environment_id, identifier, id) WHERE identifier IS NOT NULL;
CREATE INDEX execution_connection ON execution (environment_id, connection_id, id) WHERE connection_id IS NOT NULL;
CREATE INDEX execution_account ON execution (environment_id, account_id, id);
CREATE INDEX execution_agent_run ON execution (environment_id, agent_run, id) WHERE agent_run IS NOT NULL;

CREATE TABLE execution_cursor (
  environment_id uuid NOT NULL,
  lane text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (environment_id, lane)
);

-- The events of one account, without a walk through the environment's.
CREATE INDEX event_account ON event (environment_id, account_id, id);

-- Virtual MCP servers. A config has a name and serves all users; one with an identifier is of that user alone and has
-- none. server stands in the URL: random, so that no URL can be guessed, and no credential.
CREATE TABLE mcp_config (
  environment_id uuid NOT NULL REFERENCES environment (id),
  id uuid NOT NULL,
  name text COLLATE "C",
  identifier text COLLATE "C",
  description text COLLATE "C" NOT NULL,
  server uuid NOT NULL UNIQUE,
  updated_at bigint NOT NULL,
  row_version bigint NOT NULL,
  PRIMARY KEY (environment_id, id),
  CHECK ((name IS NULL) = (identifier IS NOT NULL))
);

CREATE UNIQUE INDEX mcp_config_name ON mcp_config (environment_id, name) WHERE name IS NOT NULL;

CREATE TABLE mcp_mapping (
  environment_id uuid NOT NULL,
  config_id uuid NOT NULL,
  position integer NOT NULL,
  connection_id uuid NOT NULL,
  tools text COLLATE "C" NOT NULL,
  PRIMARY KEY (environment_id, config_id, position),
  FOREIGN KEY (environment_id, config_id) REFERENCES mcp_config (environment_id, id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
);

CREATE INDEX mcp_mapping_connection ON mcp_mapping (environment_id, connection_id, config_id);

CREATE TABLE mcp_instance (
  environment_id uuid NOT NULL,
  id uuid NOT NULL,
  config_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  identifier text COLLATE "C" NOT NULL,
  server uuid NOT NULL UNIQUE,
  last_used_at bigint,
  updated_at bigint NOT NULL,
  row_version bigint NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, config_id) REFERENCES mcp_config (environment_id, id)
);

CREATE UNIQUE INDEX mcp_instance_user ON mcp_instance (environment_id, config_id, identifier);
CREATE INDEX mcp_instance_identifier ON mcp_instance (environment_id, identifier, id);
