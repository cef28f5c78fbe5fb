-- Where most users have one account, statistics take an identifier for unique; account_identifier then looks as good as
-- account_live for one user's account on one connection, and all the accounts of a user with thousands are read to find it.
-- Twenty of each, whatever the sample says: what names the connection too goes by account_live.

ALTER TABLE account ALTER COLUMN identifier SET (n_distinct = -0.05);
ANALYZE account;
