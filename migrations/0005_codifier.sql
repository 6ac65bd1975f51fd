-- The codifier of administrative units and territories of communities (КАТОТТГ), which `misto codifier` loads from the
-- official XLSX. Empty: only the form of a code is checked. Forms read it, so everybody may.
create schema codifiers;
comment on schema codifiers is 'Official lists of codes; loaded by commands, read by everybody';
grant usage on schema codifiers to misto_public;

create table codifiers.katottg (
  code text primary key check (code ~ '^UA[0-9]{17}$'),
  -- 1 region, 2 district, 3 community, 4 settlement, 5 district of a city
  level smallint not null check (level between 1 and 5),
  -- O, K, P, H, M, T, C, X or B, in Latin letters
  category text not null,
  name text not null,
  -- codes of the units that it lies in; null for what it is itself and for what is below it
  region text,
  district text,
  community text,
  settlement text
);
comment on table codifiers.katottg is 'КАТОТТГ: codes, names and levels of administrative units';
create index on codifiers.katottg (community);
grant select on codifiers.katottg to misto_public;
