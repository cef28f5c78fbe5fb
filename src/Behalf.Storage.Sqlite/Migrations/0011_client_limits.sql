-- Moves with a client's limits: a call that was prepared on the old ones does not start.

ALTER TABLE api_client ADD COLUMN limits_revision INTEGER NOT NULL DEFAULT 1;
