-- Since when a node has had the database without a break. After one it leaves what other nodes sent to them for a while:
-- they may have received a pair meanwhile, and store it now.
ALTER TABLE node ADD COLUMN steady_since timestamptz NOT NULL DEFAULT clock_timestamp();
