-- How a connection's accounts come by their credential: 1 OAuth, 2 API key, 3 bearer token, 4 basic, 5 none. As the pinned
-- revision says; here so that an account can be shown without reading its definition.
ALTER TABLE connection ADD COLUMN kind INTEGER NOT NULL DEFAULT 1;

-- The connectors an environment defined itself, by slug, and the revision each has now. Connections pin their own.
CREATE TABLE custom_connector (
  environment_id BLOB NOT NULL REFERENCES environment (id),
  slug TEXT NOT NULL,
  revision TEXT NOT NULL REFERENCES connector_revision (revision),
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, slug)
) STRICT, WITHOUT ROWID;
