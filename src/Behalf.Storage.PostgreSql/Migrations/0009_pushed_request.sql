-- A pushed authorization request gives one code at most (RFC 9126 §7.3): what it was pushed as, by its digest.
ALTER TABLE oauth_grant ADD COLUMN pushed_request TEXT COLLATE "C";

CREATE UNIQUE INDEX oauth_grant_pushed_request ON oauth_grant (environment_id, pushed_request)
  WHERE pushed_request IS NOT NULL;
