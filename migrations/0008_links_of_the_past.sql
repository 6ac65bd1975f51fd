-- Links as of a moment are found when they are asked for (src/db/links/past.rs), by the role that reads for the public and by
-- the same functions as links of the present. They compute with what they are given and read nothing.
grant usage on schema misto to misto_public;
grant execute on function misto.around(public.geometry, float8), misto.meets(public.geometry, public.geometry),
  misto.meets_of_any(public.geometry, public.geometry) to misto_public;
