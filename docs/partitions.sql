-- The large tables of a PostgreSQL installation in parts, for when one table of each is too much to vacuum, reindex or
-- remove from. With every node stopped, and a backup made:
--
--   psql -v ON_ERROR_STOP=1 -1 -f docs/partitions.sql "host=… dbname=behalf"
--
-- Afterwards the nodes start as before: keys, statements and `behalf database check` stay the same. What changes:
--
--   * credential, account_dek, refresh_state and account_use lie in 16 parts by account. Every statement on them names the
--     account, so it looks into one part; only the scheduler's look at what is due asks all of them, by their small indexes.
--   * audit_record lies in one part for each month. A month that retention has emptied is given back by
--     DROP TABLE audit_record_2026_01, without the rows that DELETE leaves for vacuum. What is looked up without a time asks
--     every month: twelve of them cost eleven more look-ups in an index.
--   * A record's place in its lane is unique within a month only as far as the database looks; the lane's row, which each
--     bundle of records reads under the lane's lock and then moves on, is what gives each number once.
--
-- account and execution stay whole: one account for each (environment, connection, identifier), and one row for each call,
-- are told by keys that hold neither part.
--
-- Months from the oldest record to a year ahead are made. Later ones: CREATE TABLE … PARTITION OF …, in good time; a
-- default part takes what has no month, so nothing is refused.

SET LOCAL maintenance_work_mem = '256MB';

-- The same columns and defaults in parts by account; the key and the foreign keys follow.
CREATE FUNCTION pg_temp.in_parts(name text, key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  index record;
BEGIN
  EXECUTE format('ALTER TABLE %I RENAME TO %I', name, name || '_whole');
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY HASH (account_id)',
    name, name || '_whole');
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
      name || '_' || part, name, part);
  END LOOP;
  EXECUTE format('INSERT INTO %I SELECT * FROM %I', name, name || '_whole');
  EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', name || '_whole', name || '_pkey');
  EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (%s)', name, name || '_pkey', key);
  EXECUTE format('ALTER TABLE %I ADD FOREIGN KEY (environment_id, account_id) REFERENCES account (environment_id, id)', name);
  FOR index IN SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = name || '_whole'
  LOOP
    EXECUTE format('DROP INDEX %I', index.indexname);
    EXECUTE replace(index.indexdef, name || '_whole', name);
  END LOOP;
  EXECUTE format('DROP TABLE %I', name || '_whole');
END
$$;

SELECT pg_temp.in_parts('credential', 'environment_id, account_id, generation');
SELECT pg_temp.in_parts('account_dek', 'environment_id, account_id');
SELECT pg_temp.in_parts('refresh_state', 'environment_id, account_id');
SELECT pg_temp.in_parts('account_use', 'environment_id, account_id');
ALTER TABLE account_dek ADD FOREIGN KEY (ring_key_id) REFERENCES key_ring (id);

-- The same columns in parts by month. Times are microseconds since 1970.
CREATE FUNCTION pg_temp.in_months(name text, at text, key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  month timestamptz;
  index record;
BEGIN
  EXECUTE format('SELECT date_trunc(''month'', coalesce(to_timestamp(min(%I) / 1000000), now()), ''UTC'') FROM %I', at, name)
    INTO month;
  EXECUTE format('ALTER TABLE %I RENAME TO %I', name, name || '_whole');
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (%I)',
    name, name || '_whole', at);
  WHILE month < now() + interval '1 year' LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)',
      name || to_char(month AT TIME ZONE 'UTC', '_YYYY_MM'), name,
      (extract(epoch FROM month) * 1000000)::bigint,
      (extract(epoch FROM month + interval '1 month') * 1000000)::bigint);
    month := month + interval '1 month';
  END LOOP;
  EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', name || '_other', name);
  EXECUTE format('INSERT INTO %I SELECT * FROM %I', name, name || '_whole');
  EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', name || '_whole', name || '_pkey');
  EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (%s, %I)', name, name || '_pkey', key, at);
  FOR index IN SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = name || '_whole'
  LOOP
    EXECUTE format('DROP INDEX %I', index.indexname);
    EXECUTE replace(replace(index.indexdef, name || '_whole', name), 'UNIQUE ', '');
  END LOOP;
  EXECUTE format('DROP TABLE %I', name || '_whole');
END
$$;

SELECT pg_temp.in_months('audit_record', 'at', 'environment_id, lane, sequence');
