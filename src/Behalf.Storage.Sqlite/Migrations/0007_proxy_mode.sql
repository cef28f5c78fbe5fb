-- What the proxy passes on a connection: 1 nothing, 2 reading, 3 everything; null: by who calls.

ALTER TABLE connection ADD COLUMN proxy_mode INTEGER CHECK (proxy_mode BETWEEN 1 AND 3);
