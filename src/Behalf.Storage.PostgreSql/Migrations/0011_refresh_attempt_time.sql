-- When a refresh token was sent for the first time without word of the outcome: a grace for reuse counts from then. Null:
-- not known, and no grace is counted on.
ALTER TABLE refresh_state ADD COLUMN attempt_at bigint;
