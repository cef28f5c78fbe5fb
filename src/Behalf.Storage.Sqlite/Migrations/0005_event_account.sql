-- The events of one account, without a walk through the environment's.
CREATE INDEX event_account ON event (environment_id, account_id, id);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('event', 'event', '10000000 10000000 1'),
  ('event', 'event_account', '10000000 10000000 20 1');
