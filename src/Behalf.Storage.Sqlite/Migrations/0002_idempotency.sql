-- Calls that a repeat may mean: those that write, and those whose caller brought an idempotency key. A row is inserted in
-- the transaction of the call's intent and gets its outcome in that of the completion.
--
-- key_digest and content_digest are MACs: they tell equal from different and reveal neither key nor arguments. The
-- outcome is sealed under the account's own key, so it cannot be read once the account is shredded. expires_at ends the
-- row's meaning: 24 hours after the start when the caller brought the key, at most 10 seconds after the end otherwise.
CREATE TABLE idempotency (
  environment_id BLOB NOT NULL,
  principal TEXT NOT NULL,
  key_digest TEXT NOT NULL CHECK (length(key_digest) = 64),
  named INTEGER NOT NULL CHECK (named IN (0, 1)),
  content_digest TEXT NOT NULL CHECK (length(content_digest) = 64),
  execution_id BLOB NOT NULL CHECK (length(execution_id) = 16),
  state INTEGER NOT NULL,
  answer INTEGER NOT NULL,
  outcome_sealed BLOB,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, principal, key_digest)
) STRICT;

CREATE INDEX idempotency_execution ON idempotency (environment_id, execution_id);
CREATE INDEX idempotency_expires_at ON idempotency (expires_at);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('idempotency', 'sqlite_autoindex_idempotency_1', '1000000 1000000 1000 1'),
  ('idempotency', 'idempotency_execution', '1000000 1000000 1'),
  ('idempotency', 'idempotency_expires_at', '1000000 1');
