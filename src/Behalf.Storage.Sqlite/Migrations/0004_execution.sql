-- The log of calls: a projection of the audit, made apart from every call. execution_cursor says how far each lane has been
-- taken in, in the same transaction as the rows, so a crash loses and doubles nothing; deleting both tables' rows rebuilds
-- the log. What counts remains the audit.
CREATE TABLE execution (
  environment_id BLOB NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  identifier TEXT,
  agent_run TEXT,
  account_id BLOB NOT NULL,
  connection_id BLOB,
  connection_name TEXT NOT NULL,
  connector TEXT,
  organization_id TEXT,
  user_id TEXT,
  tool TEXT NOT NULL,
  source TEXT NOT NULL,
  status TEXT NOT NULL,
  error_code TEXT,
  error_message TEXT,
  provider_status INTEGER,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (environment_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX execution_started_at ON execution (environment_id, started_at);
CREATE INDEX execution_identifier ON execution (environment_id, identifier, id) WHERE identifier IS NOT NULL;
CREATE INDEX execution_connection ON execution (environment_id, connection_id, id) WHERE connection_id IS NOT NULL;
CREATE INDEX execution_account ON execution (environment_id, account_id, id);
CREATE INDEX execution_agent_run ON execution (environment_id, agent_run, id) WHERE agent_run IS NOT NULL;

CREATE TABLE execution_cursor (
  environment_id BLOB NOT NULL,
  lane TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (environment_id, lane)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('execution', 'execution', '10000000 10000000 1'),
  ('execution', 'execution_started_at', '10000000 10000000 1'),
  ('execution', 'execution_identifier', '10000000 10000000 100 1'),
  ('execution', 'execution_connection', '10000000 10000000 1000000 1'),
  ('execution', 'execution_account', '10000000 10000000 100 1'),
  ('execution', 'execution_agent_run', '10000000 10000000 10 1');
