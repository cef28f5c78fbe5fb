-- Databases that were put back from a backup, as somebody accepted them. A node that has seen more than the database holds
-- does not serve it before there is a newer row.

CREATE TABLE restoration (
  id uuid NOT NULL PRIMARY KEY,
  at bigint NOT NULL
);

CREATE INDEX revocation_ledger_account ON revocation_ledger (environment_id, account_id);
