-- Tools that an environment defined for a connector, as data. A version is inserted and never altered; which one is
-- offered is is_default, of at most one version of a tool.
CREATE TABLE custom_tool (
  environment_id BLOB NOT NULL REFERENCES environment (id),
  id BLOB NOT NULL CHECK (length(id) = 16),
  schema_version INTEGER NOT NULL,
  tool_version INTEGER NOT NULL,
  connector TEXT NOT NULL,
  name TEXT NOT NULL,
  is_default INTEGER NOT NULL,
  definition TEXT NOT NULL,
  procedure TEXT NOT NULL,
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, id, schema_version, tool_version)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX custom_tool_name ON custom_tool (environment_id, connector, name, schema_version, tool_version);
CREATE UNIQUE INDEX custom_tool_default ON custom_tool (environment_id, connector, name) WHERE is_default = 1;
