-- When another key took a key's place: what began before may still need the old one. Null: it was not replaced, or before
-- this was written down.
ALTER TABLE key_ring ADD COLUMN replaced_at INTEGER;
