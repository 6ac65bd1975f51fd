-- Keys of heavy users of the API, and how much of their quotas is used. src/auth/keys says how they are counted.
create table misto.api_keys (
  id bigint generated always as identity primary key,
  name text not null,
  -- SHA-256 of the key: whoever reads this table cannot ask with it
  hash bytea not null unique,
  per_minute integer not null check (per_minute > 0),
  -- null: no daily quota
  per_day bigint check (per_day > 0),
  created_at timestamptz not null default now(),
  created_by text not null,
  revoked_at timestamptz
);
create unique index api_keys_name on misto.api_keys (name) where revoked_at is null;

create table misto.api_key_days (
  key bigint not null references misto.api_keys,
  day date not null,
  -- requests that nodes have set aside for themselves, answered or not
  used bigint not null,
  primary key (key, day)
);

-- Sets up to `want` requests of a day's quota aside; says how many, and how many are used with them.
create function misto.take_quota(of_key bigint, of_day date, want bigint, most bigint, out granted bigint, out used bigint)
  language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
  insert into misto.api_key_days as d (key, day, used) values (of_key, of_day, 0) on conflict do nothing;
  select d.used into take_quota.used from misto.api_key_days as d where d.key = of_key and d.day = of_day for update;
  granted := greatest(0, least(want, most - take_quota.used));
  take_quota.used := take_quota.used + granted;
  update misto.api_key_days as d set used = take_quota.used where d.key = of_key and d.day = of_day;
end
$function$;
