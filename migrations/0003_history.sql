-- Every version of every record of the managed registers (docs/decisions/0009-history.md). A register has the versions that are
-- in force; its twin in this schema, of the same name, has those that are not any more. src/db/history.rs makes the twins and sets the triggers.
create schema history;
comment on schema history is 'What the city''s registers held before, one table for each; written by triggers, read by anybody who may read the register';
grant usage on schema history to misto_public;

-- Who makes an edit. Misto says so in `misto.who`, and only sessions that work as misto_owner are believed: everybody else is
-- who they have logged in as.
create function misto.who() returns text language sql stable parallel safe
  return case
    when coalesce(nullif(current_setting('role'), 'none'), session_user::text) = 'misto_owner'
      then coalesce(nullif(current_setting('misto.who', true), ''), session_user::text)
    else session_user::text
  end;

-- Why: a decision, the name of an imported file. Anybody may say it: `set misto.why = '…'`.
create function misto.why() returns text language sql stable parallel safe
  return nullif(current_setting('misto.why', true), '');

-- A version is in force from `recorded_at` up to `archived_at`, which is the next one's `recorded_at`. All edits of a transaction bear the
-- moment at which it began, and so appear together; but a version is always later than the one before, also where the
-- same record is edited twice in a transaction, or by one that has waited for another.
--
-- Runs before each update.
create function misto.stamp_edit() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $function$
begin
  new.version := old.version;
  new.recorded_at := old.recorded_at;
  new.recorded_by := old.recorded_by;
  new.recorded_why := old.recorded_why;
  -- byte by byte: an update that changes nothing makes no version
  if new *= old then
    return new;
  end if;
  new.version := old.version + 1;
  new.recorded_at := greatest(now(), old.recorded_at + interval '1 microsecond');
  new.recorded_by := misto.who();
  new.recorded_why := misto.why();
  return new;
end
$function$;

-- Runs before an insert that says of itself what only Misto may say (the columns' defaults are right, and pass by). A
-- record that is brought back under the id that it had goes on where its versions ended.
create function misto.stamp_new() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $function$
begin
  if new.version is distinct from 1 then
    execute format('select 1 + coalesce(max(version), 0) from history.%I where id = $1', tg_table_name) into new.version using new.id;
  end if;
  new.recorded_at := now();
  new.recorded_by := misto.who();
  new.recorded_why := misto.why();
  return new;
end
$function$;

-- Runs after each statement, and before a truncate, as its owner: whoever may edit a register has the old version kept, and
-- nobody needs rights to the history.
create function misto.archive() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp set jit = off as $function$
declare
  own text;
  theirs text;
  source text;
  ended text;
begin
  -- by name, as they are now: a person may have added a column that the layer file does not know yet
  select string_agg(format('%I', attname), ', ' order by was.attnum), string_agg(format('was.%I', attname), ', ' order by was.attnum)
  into own, theirs
  from pg_attribute as was join pg_attribute as kept using (attname)
  where was.attrelid = tg_relid and was.attnum > 0 and not was.attisdropped
    and kept.attrelid = format('history.%I', tg_table_name)::regclass and kept.attnum > 0 and not kept.attisdropped;
  ended := 'greatest(now(), was.recorded_at + interval ''1 microsecond''), misto.who(), misto.why(), ''deleted''';
  case tg_op
    when 'UPDATE' then
      -- a record whose id changes is gone under the old one
      source := 'old_rows as was left join new_rows as new on new.id = was.id '
        'where new.id is null or new.version <> was.version or new.recorded_at <> was.recorded_at';
      ended := 'coalesce(new.recorded_at, greatest(now(), was.recorded_at + interval ''1 microsecond'')), misto.who(), misto.why(), '
        'case when new.id is null then ''deleted'' else ''changed'' end';
    when 'DELETE' then
      source := 'old_rows as was';
    when 'TRUNCATE' then
      source := format('only %I.%I as was', tg_table_schema, tg_table_name);
  end case;
  execute format('insert into history.%I (%s, archived_at, archived_by, archived_why, archived_how) select %s, %s from %s',
    tg_table_name, own, theirs, ended, source);
  return null;
end
$function$;

revoke all on function misto.stamp_edit(), misto.stamp_new(), misto.archive() from public;
