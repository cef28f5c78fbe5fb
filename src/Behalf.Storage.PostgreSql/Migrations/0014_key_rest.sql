-- When another key took a key's place: what began before may still need the old one. Null: it was not replaced.
ALTER TABLE key_ring ADD COLUMN replaced_at bigint;
UPDATE key_ring SET replaced_at = behalf_now() WHERE state = 2;

-- Replaced keys that something outside the database needs, in the node's data folder. It stays when the node ends.
ALTER TABLE node ADD COLUMN kept_keys uuid[];
