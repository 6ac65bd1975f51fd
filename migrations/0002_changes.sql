-- The change feed's outbox: an edit of a watched relation leaves its trace here within the edit's own transaction,
-- whoever makes it and with whatever program. src/db/feed.rs reads it; docs/decisions/0007-commit-safe-cursor.md says how.
create table misto.changes (
  seq bigint generated always as identity primary key,
  -- what readers go by: numbers of the sequence become visible out of order
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  -- for example registers.kiosks
  relation text not null,
  -- null: everything
  ids bigint[],
  -- west, south, east, north in degrees; null: no place
  old_box float8[],
  new_box float8[]
);
create index changes_xid on misto.changes (xid);

-- Moments of the past, by which old changes are removed.
create table misto.marks (
  seq bigint generated always as identity primary key,
  snapshot pg_snapshot not null default pg_current_snapshot(),
  at timestamptz not null default now(),
  -- what had been seen then has been removed: no reader can go on from before it
  is_horizon boolean not null default false
);

-- PostgreSQL empties an unlogged table after a crash, on a standby that takes over, and in a restored base backup: just
-- when transaction numbers that were seen before may be given to other transactions. A new era begins then.
create unlogged table misto.era (
  only_one boolean primary key default true check (only_one),
  number bigint not null default floor(extract(epoch from clock_timestamp()) * 1000)
);

create function misto.box(extent public.box3d) returns float8[] language sql immutable strict parallel safe
  return array[public.st_xmin(extent), public.st_ymin(extent), public.st_xmax(extent), public.st_ymax(extent)];

-- The square of a hundredth of a degree (about a kilometre) that a place is in.
create function misto.square(place public.geometry) returns float8[] language sql immutable strict parallel safe
  return array[floor(100 * public.st_xmin(place::public.box3d)), floor(100 * public.st_ymin(place::public.box3d))];

-- The trigger function; its arguments are the columns of the feature's id and of its geometry.
--
-- It runs as its owner, so that whoever may edit a register has the edit recorded and nobody needs rights to the outbox.
-- Names are therefore qualified and types exact: nothing that a user makes in another schema can be called instead.
create function misto.record_change() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp set jit = off as $function$
declare
  edited constant text := tg_table_schema || '.' || tg_table_name;
  old_places constant text := format(
    'select %I::bigint as id, %I::public.geometry as was, null::public.geometry as becomes from old_rows', tg_argv[0], tg_argv[1]);
  new_places constant text := format(
    'select %I::bigint as id, null::public.geometry as was, %I::public.geometry as becomes from new_rows', tg_argv[0], tg_argv[1]);
  places text;
  -- up to this many rows have an event each
  few constant integer := 64;
  many boolean;
  events bigint;
begin
  -- a column may have been renamed since: an edit must not fail for that; and casts that a user made must not run here
  if tg_op = 'TRUNCATE' or 2 > (select count(*) from pg_attribute where attrelid = tg_relid and not attisdropped
      and (attname = tg_argv[0] and atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
        or attname = tg_argv[1] and atttypid = 'public.geometry'::regtype)) then
    insert into misto.changes (relation) values (edited);
    perform pg_notify('misto_changes', '');
    return null;
  end if;
  case tg_op
    when 'INSERT' then
      places := new_places;
      many := (select count(*) from (select from new_rows limit few + 1) as counted) > few;
    when 'DELETE' then
      places := old_places;
      many := (select count(*) from (select from old_rows limit few + 1) as counted) > few;
    when 'UPDATE' then
      places := old_places || ' union all ' || new_places;
      many := (select count(*) from (select from new_rows limit few + 1) as counted) > few;
  end case;
  -- Rows are merged by square or, while they are few, by id. A row of many that moves to another square is in two
  -- events: one says what it left, the other where it came to.
  execute format($sql$
    insert into misto.changes (relation, ids, old_box, new_box)
    select $1, coalesce(array_agg(distinct id) filter (where id is not null), '{}'),
      misto.box(public.st_3dextent(was)), misto.box(public.st_3dextent(becomes))
    from (
      select id, was, becomes, square,
        case when $2 then (row_number() over (partition by square) - 1) / 2000 else id end as part
      from (
        select id, was, becomes, case when $2 then misto.square(coalesce(was, becomes)) end as square
        from (%s) as places
      ) as placed
    ) as parted
    group by square, part
    $sql$, places) using edited, many;
  get diagnostics events = row_count;
  if events > 0 then
    perform pg_notify('misto_changes', '');
  end if;
  return null;
end
$function$;

revoke all on function misto.record_change(), misto.box(public.box3d), misto.square(public.geometry) from public;
