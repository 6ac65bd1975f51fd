-- Stamps of registers (src/db/feed.rs) count the events of one relation, for every page of features that is asked for.
create index changes_relation on misto.changes (relation, seq);
