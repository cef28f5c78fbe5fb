-- Which ring keys each node holds: a prepared key becomes active once every node that lives holds it, so that no node ever
-- reads what it cannot open. Null: the node has not said yet, and whoever waits for it waits on.
ALTER TABLE node ADD COLUMN held_keys uuid[];

-- One key of each kind is prepared (state 4).
CREATE UNIQUE INDEX key_ring_prepared ON key_ring (kind) WHERE state = 4;
