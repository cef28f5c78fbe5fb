-- What the proxy passes on a connection, how its accounts come by their credential, what an application keeps with it;
-- connectors and tools that an environment defined itself.

-- 1 nothing, 2 reading, 3 everything; null: by who calls.
ALTER TABLE connection ADD COLUMN proxy_mode integer CHECK (proxy_mode BETWEEN 1 AND 3);

-- 1 OAuth, 2 API key, 3 bearer token, 4 basic, 5 none. As the pinned revision says; here so that an account can be shown
-- without reading its definition.
ALTER TABLE connection ADD COLUMN kind integer NOT NULL DEFAULT 1;

-- Free-form JSON that an application keeps with a connection, for all or for one of its organizations ('' is all).
-- Nothing here decides anything: no policy revision moves with it.
CREATE TABLE connection_context (
  environment_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  organization_id text COLLATE "C" NOT NULL,
  context text COLLATE "C" NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (environment_id, connection_id, organization_id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
);

-- The connectors an environment defined itself, by slug, and the revision each has now. Connections pin their own.
CREATE TABLE custom_connector (
  environment_id uuid NOT NULL REFERENCES environment (id),
  slug text COLLATE "C" NOT NULL,
  revision text COLLATE "C" NOT NULL REFERENCES connector_revision (revision),
  updated_at bigint NOT NULL,
  PRIMARY KEY (environment_id, slug)
);

-- Tools that an environment defined for a connector, as data. A version is inserted and never altered; which one is
-- offered is is_default, of at most one version of a tool. Whoever changes the tools of an environment holds its row, so
-- that they are changed one after another.
CREATE TABLE custom_tool (
  environment_id uuid NOT NULL REFERENCES environment (id),
  id uuid NOT NULL,
  schema_version integer NOT NULL,
  tool_version integer NOT NULL,
  connector text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  is_default boolean NOT NULL,
  definition text COLLATE "C" NOT NULL,
  procedure text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL CHECK (length(hash) = 64),
  tags text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (environment_id, id, schema_version, tool_version)
);

CREATE UNIQUE INDEX custom_tool_name ON custom_tool (environment_id, connector, name, schema_version, tool_version);
CREATE UNIQUE INDEX custom_tool_default ON custom_tool (environment_id, connector, name) WHERE is_default;
