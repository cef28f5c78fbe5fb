-- Free-form JSON that an application keeps with a connection, for all or for one of its organizations ('' is all).
-- Nothing here decides anything: no policy revision moves with it.

CREATE TABLE connection_context (
  environment_id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  organization_id TEXT NOT NULL,
  context TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, connection_id, organization_id),
  FOREIGN KEY (environment_id, connection_id) REFERENCES connection (environment_id, id)
) STRICT, WITHOUT ROWID;
