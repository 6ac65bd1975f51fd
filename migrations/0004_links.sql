-- Links between registers: which parcel a kiosk stands on, which address is nearest, whose permit it is. Layer files
-- declare them; src/db/links.rs makes a table links.<layer> and a row here for each; triggers on both sides keep them.
-- docs/decisions/0014-links.md says what holds.
create schema links;
comment on schema links is 'What the features of a register are linked to, one table each; derived by triggers, not to be edited';
grant usage on schema links to misto_public;

create table misto.links (
  layer text not null,
  link text not null,
  own_schema text not null,
  own_name text not null,
  own_id text not null,
  own_geometry text not null,
  -- what decides about the link, so that an edit of anything else costs nothing
  own_columns text[] not null,
  target_schema text not null,
  target_name text not null,
  target_id text not null,
  target_geometry text not null,
  target_columns text[] not null,
  -- a condition over o (own) and t (target), by place or key; null: the nearest
  meets text,
  is_place boolean not null,
  -- metres, of the nearest
  within float8,
  -- the last transaction that settled the link; see misto.settle_links
  settled xid8,
  primary key (layer, link)
);

-- What transactions that are under way have edited, with what they saw when they began to.
create table misto.link_edits (
  xid xid8 not null default pg_current_xact_id(),
  relation text not null,
  snapshot pg_snapshot not null,
  primary key (xid, relation)
);

-- A box around a place that holds everything within so many metres, and a little more. Not strict, so that it becomes a
-- part of the query that calls it.
create function misto.around(place public.geometry, metres float8) returns public.geometry
  language sql immutable parallel safe as $function$
  select public.st_expand(place,
    metres * 1.01 / (111319 * greatest(0.01, cos(radians(least(89.0,
      greatest(abs(public.st_ymin(place::public.box3d)), abs(public.st_ymax(place::public.box3d))) + metres / 110000))))) + 1e-9,
    metres * 1.01 / 110570 + 1e-9)
  $function$;

-- Whether two geometries have more in common than a touch of borders, where one is an area and none is a point: a decimetre
-- of line or a tenth of a square metre, in degrees and square degrees. What is thinner than about a millimetre is a touch:
-- neighbours of real data never fit to the last digit. Becomes a part of the query that calls it; there PostGIS prepares a
-- geometry that comes up many times in a row.
create function misto.meets(a public.geometry, b public.geometry) returns boolean
  language sql immutable parallel safe as $function$
  select case
    when public.st_contains(a, b) or public.st_contains(b, a) then true
    when not public.st_intersects(a, b) then false
    when public.st_dimension(a) = 1 or public.st_dimension(b) = 1 then
      public.st_relate(a, b, 'T********') and public.st_length(public.st_intersection(a, b)) > 1e-6
    else public.st_area(public.st_intersection(a, b)) > 1.25e-11
  end
  $function$;

-- The same of any geometries, slower: a polygon that crosses itself must not make an edit fail.
create function misto.meets_of_any(a public.geometry, b public.geometry) returns boolean
  language plpgsql immutable strict parallel unsafe as $function$
begin
  return misto.meets(a, b);
exception when internal_error then
  begin
    return public.st_area(public.st_buffer(public.st_intersection(
      public.st_makevalid(a), public.st_makevalid(b)), 1e-7)) > 1.25e-11;
  exception when internal_error then
    return false;
  end;
end
$function$;

-- Whether the columns that a link is made of are still there, with types whose operators are PostgreSQL's and PostGIS's
-- own: an edit must not fail for a renamed column, and nothing that a user made may run as the links' owner.
create function misto.link_holds(l misto.links) returns boolean language sql stable as $function$
  select not exists (
    select from (
      select format('%I.%I', l.own_schema, l.own_name), unnest(l.own_columns || l.own_id || l.own_geometry)
      union all
      select format('%I.%I', l.target_schema, l.target_name), unnest(l.target_columns || l.target_id || l.target_geometry)
    ) as needed (relation, col)
    where not exists (
      select from pg_catalog.pg_attribute where attrelid = pg_catalog.to_regclass(relation) and attname = col
        and not attisdropped and atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'text'::regtype,
          'varchar'::regtype, 'bpchar'::regtype, 'float4'::regtype, 'float8'::regtype, 'numeric'::regtype,
          'bool'::regtype, 'date'::regtype, 'timestamptz'::regtype, 'public.geometry'::regtype)))
  and pg_catalog.to_regclass(format('links.%I', l.layer)) is not null
  $function$;

-- Finds a link anew for the given features of one side, or for all where `changed` is null. Only rows that differ are
-- written. `fresh` promises that these features had no links before.
create function misto.relink(l misto.links, side text, changed bigint[], fresh boolean) returns void
  language plpgsql set search_path = pg_catalog, pg_temp set jit = off as $function$
declare
  own constant text := format('%I.%I', l.own_schema, l.own_name);
  target constant text := format('%I.%I', l.target_schema, l.target_name);
  -- a feature is not linked to itself
  other constant text := case when own = target then format('t.%I <> o.%I', l.target_id, l.own_id) else 'true' end;
  -- how many features there are, where that decides how to go about it
  owns bigint;
  targets bigint;
  -- what is joined of either side, and a condition that says the same
  some_own text := own || ' as o';
  some_target text := target || ' as t';
  is_some text := 'true';
  concerned text := 'true';
  others_are_fewer boolean;
  pairs text;
  statement text;
begin
  if changed = '{}' then
    return;
  end if;
  if changed is null or cardinality(changed) > 1000 then
    execute format('select (select count(*) from %s), (select count(*) from %s)', own, target) into owns, targets;
  end if;
  if l.within is not null and side = 'target' then
    side := 'own';
    if owns <= cardinality(changed) then
      changed := null;
    elsif changed is not null then
      -- whose nearest feature it was, and whose it may be now
      execute format($sql$
        select array_agg(distinct found.id) from (
          select kept.id from links.%1$I as kept where kept.link = $1 and kept.target = any($2)
          union all
          select near.id from unnest($2) as c (id) join %2$s as t on t.%3$I = c.id
            cross join lateral (select o.%4$I::bigint as id from %5$s as o
              where o.%6$I operator(public.&&) misto.around(t.%7$I, $3) offset 0) as near
        ) as found $sql$, l.layer, target, l.target_id, l.own_id, own, l.own_geometry, l.target_geometry)
        into changed using l.link, changed, l.within;
      if changed is null then
        return;
      end if;
    end if;
  end if;
  if changed is null then
    side := 'own';
  elsif side = 'own' then
    some_own := format('(unnest($2) as c (id) join %s as o on o.%I = c.id)', own, l.own_id);
    is_some := format('o.%I = any($2)', l.own_id);
    concerned := 'kept.id = any($2)';
  else
    some_target := format('(unnest($2) as c (id) join %s as t on t.%I = c.id)', target, l.target_id);
    is_some := format('t.%I = any($2)', l.target_id);
    concerned := 'kept.target = any($2)';
  end if;
  others_are_fewer := coalesce(case side when 'own' then targets else owns end <= coalesce(cardinality(changed), owns), false);
  -- Joins by place run from one side into the spatial index of the other, whatever the statistics of a table that is just
  -- being filled make the planner believe: from what has changed, or from the other side where that is less.
  if l.within is not null then
    -- the nearest as the crow flies over degrees bounds the search for the nearest in metres
    pairs := format($sql$
      select o.%1$I::bigint as id, nearest.id as target, nearest.metres from %2$s
      cross join lateral (select public.st_distance(t.%3$I::public.geography, o.%4$I::public.geography) as metres
        from %5$s as t where t.%3$I is not null and %6$s order by t.%3$I operator(public.<->) o.%4$I limit 1) as bound
      cross join lateral (select t.%7$I::bigint as id,
          public.st_distance(t.%3$I::public.geography, o.%4$I::public.geography) as metres
        from %5$s as t where t.%3$I operator(public.&&) misto.around(o.%4$I, least(bound.metres, $3)) and %6$s
        order by metres, id limit 1) as nearest
      where nearest.metres <= $3 $sql$,
      l.own_id, some_own, l.target_geometry, l.own_geometry, target, other, l.target_id);
  elsif not l.is_place then
    pairs := format('select o.%1$I::bigint as id, t.%2$I::bigint as target, null::float8 as metres '
      'from %3$s join %4$s on %5$s and %6$s', l.own_id, l.target_id, some_own, some_target, l.meets, other);
  elsif (side = 'own') = others_are_fewer then
    pairs := format($sql$
      select o.id, t.%1$I::bigint as target, null::float8 as metres from %2$s
      cross join lateral (select o.%3$I::bigint as id from %4$s as o where %5$s and %6$s and %7$s offset 0) as o $sql$,
      l.target_id, some_target, l.own_id, own, l.meets, other, case side when 'own' then is_some else 'true' end);
  else
    pairs := format($sql$
      select o.%1$I::bigint as id, t.id as target, null::float8 as metres from %2$s
      cross join lateral (select t.%3$I::bigint as id from %4$s as t where %5$s and %6$s and %7$s offset 0) as t $sql$,
      l.own_id, some_own, l.target_id, target, l.meets, other, case side when 'own' then 'true' else is_some end);
  end if;
  statement := format('with wanted as materialized (%1$s) %2$s '
    'insert into links.%3$I as kept (link, id, target, metres) select $1, id, target, metres from wanted '
    'on conflict (id, link, target) do update set metres = excluded.metres '
    'where kept.metres is distinct from excluded.metres',
    pairs,
    -- `except`, because the planner has no notion of how many are wanted, and might compare each with each
    case when fresh then '' else format(
      ', gone as (delete from links.%1$I as kept using (select kept.id, kept.target from links.%1$I as kept '
      'where kept.link = $1 and %2$s except select id, target from wanted) as old '
      'where kept.link = $1 and kept.id = old.id and kept.target = old.target)', l.layer, concerned) end,
    l.layer);
  begin
    execute statement using l.link, changed, l.within;
  exception when internal_error then
    execute replace(statement, 'misto.meets(', 'misto.meets_of_any(') using l.link, changed, l.within;
  end;
end
$function$;

-- The trigger function on both sides of every link. It runs as its owner and names everything in full, like
-- misto.record_change.
create function misto.follow_links() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp set jit = off as $function$
declare
  edited constant text := tg_table_schema || '.' || tg_table_name;
  l misto.links;
  side text;
  cols text[];
  id text;
  changed bigint[];
  -- ids are looked up once for links that hang on the same columns
  looked_up text;
  noted boolean := false;
begin
  for l in select * from misto.links where own_schema = tg_table_schema and own_name = tg_table_name
      or target_schema = tg_table_schema and target_name = tg_table_name order by layer, link loop
    if not misto.link_holds(l) then
      continue;
    end if;
    if tg_op = 'TRUNCATE' then
      execute format('delete from links.%I where link = $1', l.layer) using l.link;
    end if;
    foreach side in array array['own', 'target'] loop
      case side
        when 'own' then
          continue when l.own_schema || '.' || l.own_name <> edited;
          id := l.own_id;
          cols := l.own_columns;
        when 'target' then
          continue when l.target_schema || '.' || l.target_name <> edited;
          id := l.target_id;
          cols := l.target_columns;
      end case;
      if looked_up is distinct from id || cols::text then
        looked_up := id || cols::text;
        case tg_op
          when 'INSERT' then
            execute format('select array_agg(%I::bigint) from new_rows', id) into changed;
          when 'DELETE' then
            execute format('select array_agg(%I::bigint) from old_rows', id) into changed;
          when 'UPDATE' then
            execute format('select array_agg(coalesce(n.%1$I, o.%1$I)::bigint) from old_rows as o '
              'full join new_rows as n on n.%1$I = o.%1$I where n.%1$I is null or o.%1$I is null or (%2$s)', id,
              (select string_agg(format('(o.%1$I)::%2$s is distinct from (n.%1$I)::%2$s', name,
                case when atttypid = 'public.geometry'::regtype then 'bytea' else atttypid::regtype::text end), ' or ')
              from unnest(cols) as name join pg_attribute on attrelid = tg_relid and attname = name)) into changed;
          else
            changed := null;
        end case;
      end if;
      if changed is null and tg_op <> 'TRUNCATE' then
        continue;
      end if;
      if not noted then
        insert into misto.link_edits (relation, snapshot) values (edited, pg_current_snapshot()) on conflict do nothing;
        noted := true;
      end if;
      if tg_op <> 'TRUNCATE' then
        perform misto.relink(l, side, changed, tg_op = 'INSERT' and (side = 'own' or l.within is null));
      end if;
    end loop;
  end loop;
  return null;
end
$function$;

-- Runs when a transaction that edited a linked register commits. Two transactions that edit both sides of a link at once do
-- not see each other's rows, so the second to get here looks again at what the first has committed meanwhile. Rows of
-- misto.links are the lock, held until the commit is done; a transaction of repeatable reads, which could not see the
-- other's rows even now, fails at them with a serialization failure.
create function misto.settle_links() returns trigger language plpgsql security definer
  set search_path = pg_catalog, pg_temp set jit = off as $function$
declare
  l misto.links;
  relations text[];
  mine bigint[];
  theirs bigint[];
  all_of_theirs boolean;
  own text;
  target text;
begin
  -- the relations of this transaction's other notes too, so that everybody locks in one order
  select array_agg(relation) into relations from misto.link_edits where xid = pg_current_xact_id();
  perform from misto.links where own_schema || '.' || own_name = any(relations)
    or target_schema || '.' || target_name = any(relations) order by layer, link for update;
  update misto.links set settled = pg_current_xact_id()
    where own_schema || '.' || own_name = new.relation or target_schema || '.' || target_name = new.relation;
  for l in select * from misto.links where own_schema || '.' || own_name = new.relation
      or target_schema || '.' || target_name = new.relation order by layer, link loop
    own := l.own_schema || '.' || l.own_name;
    target := l.target_schema || '.' || l.target_name;
    -- what others committed since, on the side that this transaction did not edit; of targets that compete to be the
    -- nearest, on both
    select array_agg(distinct id), bool_or(ids is null) into theirs, all_of_theirs
      from misto.changes left join lateral unnest(ids) as id on true
      where xid >= pg_snapshot_xmin(new.snapshot) and xid <> pg_current_xact_id()
        and not pg_visible_in_snapshot(xid, new.snapshot)
        and (relation = target and new.relation = own or relation = own and new.relation = target
          or relation = target and new.relation = target and l.within is not null);
    -- a transaction so long that what happened meanwhile has been forgotten
    if exists (select from misto.marks where is_horizon and pg_snapshot_xmax(snapshot) >= pg_snapshot_xmin(new.snapshot)) then
      all_of_theirs := true;
    end if;
    if theirs is null and all_of_theirs is not true or not misto.link_holds(l) then
      continue;
    end if;
    select case when bool_or(ids is null) then null else coalesce(array_agg(distinct id) filter (where id is not null), '{}') end
      into mine from misto.changes left join lateral unnest(ids) as id on true
      where xid = pg_current_xact_id() and relation = new.relation;
    if own = new.relation then
      -- others may have linked to a third target whom this transaction has moved away, so the nearest is found for all of mine
      if l.within is not null or own = target or all_of_theirs or mine is null or cardinality(mine) <= cardinality(theirs) then
        perform misto.relink(l, 'own', mine, false);
      else
        perform misto.relink(l, 'target', theirs, false);
      end if;
    end if;
    if target = new.relation then
      if l.within is not null or own = target or all_of_theirs or mine is null or cardinality(mine) <= cardinality(theirs) then
        perform misto.relink(l, 'target', mine, false);
      end if;
      if l.within is not null and not all_of_theirs then
        -- these may be of either side
        perform misto.relink(l, 'target', theirs, false);
        perform misto.relink(l, 'own', theirs, false);
      elsif own <> target and not all_of_theirs and mine is not null and cardinality(mine) > cardinality(theirs) then
        perform misto.relink(l, 'own', theirs, false);
      end if;
    end if;
  end loop;
  delete from misto.link_edits where xid = pg_current_xact_id() and relation = new.relation;
  return null;
end
$function$;

create constraint trigger settle after insert on misto.link_edits deferrable initially deferred
  for each row execute function misto.settle_links();

revoke all on function misto.follow_links(), misto.settle_links(), misto.relink(misto.links, text, bigint[], boolean),
  misto.link_holds(misto.links), misto.meets(public.geometry, public.geometry),
  misto.meets_of_any(public.geometry, public.geometry), misto.around(public.geometry, float8)
  from public;
