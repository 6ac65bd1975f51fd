-- registers: one table for each managed register, made from its layer file.
-- misto: the server's own bookkeeping (this list of migrations among it), nobody else's business.
create schema registers;
comment on schema registers is 'The city''s registers, one table each; made and extended by Misto from layers/*.toml';

grant usage on schema registers to misto_public;
revoke all on schema misto from public;
