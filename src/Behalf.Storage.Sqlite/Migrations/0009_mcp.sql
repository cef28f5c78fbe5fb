-- Virtual MCP servers. A config has a name and serves all users; one with an identifier is of that user alone and has
-- none. server stands in the URL: random, so that no URL can be guessed, and no credential.
CREATE TABLE mcp_config (
  environment_id BLOB NOT NULL REFERENCES environment (id),
  id BLOB NOT NULL CHECK (length(id) = 16),
  name TEXT,
  identifier TEXT,
  description TEXT NOT NULL,
  server BLOB NOT NULL UNIQUE CHECK (length(server) = 16),
  updated_at INTEGER NOT NULL,
  row_version INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id),
  CHECK ((name IS NULL) = (identifier IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX mcp_config_name ON mcp_config (environment_id, name) WHERE name IS NOT NULL;

CREATE TABLE mcp_mapping (
  environment_id BLOB NOT NULL,
  config_id BLOB NOT NULL,
  position INTEGER NOT NULL,
  connection_id BLOB NOT NULL,
  tools TEXT NOT NULL,
  PRIMARY KEY (environment_id, config_id, position),
  FOREIGN KEY (environment_id, config_id) REFERENCES mcp_config (environment_id, id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX mcp_mapping_connection ON mcp_mapping (environment_id, connection_id, config_id);

CREATE TABLE mcp_instance (
  environment_id BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  config_id BLOB NOT NULL,
  name TEXT NOT NULL,
  identifier TEXT NOT NULL,
  server BLOB NOT NULL UNIQUE CHECK (length(server) = 16),
  last_used_at INTEGER,
  updated_at INTEGER NOT NULL,
  row_version INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id),
  FOREIGN KEY (environment_id, config_id) REFERENCES mcp_config (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX mcp_instance_user ON mcp_instance (environment_id, config_id, identifier);
CREATE INDEX mcp_instance_identifier ON mcp_instance (environment_id, identifier, id);
