-- Databases that were put back from a backup, as somebody accepted them. A node that has seen more than the database holds
-- does not serve it before there is a newer row.

CREATE TABLE restoration (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revocation_ledger_account ON revocation_ledger (environment_id, account_id);
