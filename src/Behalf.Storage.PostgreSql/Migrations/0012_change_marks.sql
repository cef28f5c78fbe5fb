-- What nodes remember of their look-ups, and how they learn that it changed: each transaction that changes rows which calls
-- look up leaves marks, by triggers, so that no statement can forget them. A node that remembers since a snapshot asks for the
-- marks of transactions which that snapshot did not see.
--
-- A mark names a user when rows of that user only were changed (a row keeps its user); without one it means everything. Marks
-- are kept until ten minutes after their transaction; who looked longer ago than five begins with nothing.
CREATE TABLE change_mark (
  transaction xid8 NOT NULL,
  environment_id uuid,
  identifier text COLLATE "C",
  at timestamptz NOT NULL
);

CREATE INDEX change_mark_transaction ON change_mark (transaction);
CREATE INDEX change_mark_at ON change_mark (at);

CREATE FUNCTION behalf_mark_all() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM changed) THEN
    INSERT INTO change_mark (transaction, at) VALUES (pg_current_xact_id(), clock_timestamp());
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION behalf_mark_truncated() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO change_mark (transaction, at) VALUES (pg_current_xact_id(), clock_timestamp());
  RETURN NULL;
END
$$;

-- Of many users, or of none: everything.
CREATE FUNCTION behalf_mark_users() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF (
    SELECT count(*) > 100 OR bool_or(few.identifier IS NULL)
    FROM (SELECT DISTINCT c.environment_id, c.identifier FROM changed c LIMIT 101) few
  ) THEN
    INSERT INTO change_mark (transaction, at) VALUES (pg_current_xact_id(), clock_timestamp());
  ELSE
    INSERT INTO change_mark (transaction, environment_id, identifier, at)
    SELECT DISTINCT pg_current_xact_id(), c.environment_id, c.identifier, clock_timestamp() FROM changed c;
  END IF;
  RETURN NULL;
END
$$;

-- What is not there is not remembered: an insert counts only where lists are remembered, or what lacks an open flow.
DO $$
DECLARE
  marked record;
  happening text;
BEGIN
  FOR marked IN
    SELECT * FROM (VALUES
      ('environment', 'behalf_mark_all', '{INSERT,UPDATE,DELETE}'::text[]),
      ('api_client', 'behalf_mark_all', '{UPDATE,DELETE}'),
      ('api_client_secret', 'behalf_mark_all', '{INSERT,UPDATE,DELETE}'),
      ('connection', 'behalf_mark_all', '{INSERT,UPDATE,DELETE}'),
      ('custom_tool', 'behalf_mark_all', '{INSERT,UPDATE,DELETE}'),
      ('mcp_config', 'behalf_mark_all', '{UPDATE,DELETE}'),
      ('mcp_mapping', 'behalf_mark_all', '{INSERT,UPDATE,DELETE}'),
      ('mcp_group_policy', 'behalf_mark_all', '{INSERT,UPDATE,DELETE}'),
      ('end_user', 'behalf_mark_users', '{UPDATE,DELETE}'),
      ('user_session', 'behalf_mark_users', '{UPDATE,DELETE}'),
      ('person', 'behalf_mark_users', '{UPDATE,DELETE}'),
      ('oauth_grant', 'behalf_mark_users', '{UPDATE,DELETE}'),
      ('mcp_instance', 'behalf_mark_users', '{UPDATE,DELETE}'),
      ('account', 'behalf_mark_users', '{INSERT,UPDATE,DELETE}'),
      ('authorization_flow', 'behalf_mark_users', '{INSERT}')
    ) AS m (name, function, happenings)
  LOOP
    FOREACH happening IN ARRAY marked.happenings LOOP
      EXECUTE format(
        'CREATE TRIGGER %I AFTER %s ON %I REFERENCING %s TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION %I()',
        'mark_' || lower(happening), happening, marked.name,
        CASE happening WHEN 'INSERT' THEN 'NEW' ELSE 'OLD' END, marked.function);
    END LOOP;

    EXECUTE format(
      'CREATE TRIGGER mark_truncate AFTER TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION behalf_mark_truncated()',
      marked.name);
  END LOOP;
END
$$;
