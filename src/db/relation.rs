//! Relations as they stand, read from PostgreSQL's catalogues at once for as many as are asked for: every start of every
//! node compares all registers with their layer files, over a network perhaps.

use std::collections::HashMap;

use sqlx::{PgConnection, Row};

/// Bytes of a name; PostgreSQL cuts what is longer.
const LONGEST_NAME: usize = 63;

/// Relations by their quoted names, as they were asked for; those that are not there are missing.
#[derive(Debug, Default)]
pub struct Relations(HashMap<String, Relation>);

/// A table, a view or the like.
#[derive(Debug, Default)]
pub struct Relation {
    pub comment: String,
    /// Every edit sets off its statement triggers, and Misto may make some: triggers of a partition or of an inheriting table
    /// are not set off through its parent, nor the other way round.
    pub plain: bool,
    /// What the public may do with the whole of it: `SELECT` and so on for `misto_public`, `everybody SELECT` for everybody.
    pub granted: Vec<String>,
    pub attributes: Vec<Attribute>,
    pub(super) triggers: Vec<Trigger>,
}

/// A column.
#[derive(Debug, Default)]
pub struct Attribute {
    pub name: String,
    /// As `format_type` spells it.
    pub kind: String,
    pub comment: String,
    /// As of a [`Relation`].
    pub granted: Vec<String>,
}

/// A trigger that is switched on.
#[derive(Debug)]
pub(super) struct Trigger {
    name: String,
    /// With its schema.
    function: String,
    /// Each followed by a zero byte.
    arguments: Vec<u8>,
}

const GRANTED: &str = "array(select case grantee when 0 then 'everybody ' else '' end || privilege_type \
     from aclexplode(acl) where grantee in (0, 'misto_public'::regrole))";
const WANTED: &str = "unnest($1::text[]) as wanted, lateral (select to_regclass(wanted)::oid as relation) as found";

impl Relations {
    /// Reads those of `names` (quoted, with their schemas) that are there.
    pub async fn read(
        connection: &mut PgConnection,
        names: impl IntoIterator<Item = String>,
    ) -> Result<Self, sqlx::Error> {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        let mut relations = HashMap::new();
        let sql = format!(
            "select wanted, coalesce(obj_description(oid, 'pg_class'), ''), relkind = 'r' and has_table_privilege(oid, 'trigger') \
               and not exists (select from pg_inherits where oid in (inhrelid, inhparent)), {GRANTED} \
             from {WANTED} join pg_class on oid = relation, lateral (select relacl as acl) as rights"
        );
        for row in rows(connection, sql, &names).await? {
            let relation = Relation {
                comment: row.try_get(1)?,
                plain: row.try_get(2)?,
                granted: row.try_get(3)?,
                ..Relation::default()
            };
            relations.insert(row.try_get(0)?, relation);
        }
        let sql = format!(
            "select wanted, attname::text, format_type(atttypid, atttypmod), coalesce(col_description(attrelid, attnum), ''), \
               {GRANTED} from {WANTED} join pg_attribute on attrelid = relation and attnum > 0 and not attisdropped, \
               lateral (select attacl as acl) as rights order by attrelid, attnum"
        );
        for row in rows(connection, sql, &names).await? {
            let attribute = Attribute {
                name: row.try_get(1)?,
                kind: row.try_get(2)?,
                comment: row.try_get(3)?,
                granted: row.try_get(4)?,
            };
            relations.entry(row.try_get(0)?).or_default().attributes.push(attribute);
        }
        let sql = format!(
            "select wanted, tgname::text, nspname || '.' || proname, tgargs from {WANTED} \
             join pg_trigger on tgrelid = relation and tgenabled in ('O', 'A') \
             join pg_proc on pg_proc.oid = tgfoid join pg_namespace on pg_namespace.oid = pronamespace"
        );
        for row in rows(connection, sql, &names).await? {
            let trigger = Trigger { name: row.try_get(1)?, function: row.try_get(2)?, arguments: row.try_get(3)? };
            relations.entry(row.try_get(0)?).or_default().triggers.push(trigger);
        }
        Ok(Self(relations))
    }

    pub fn get(&self, name: &str) -> Option<&Relation> {
        self.0.get(name)
    }
}

async fn rows(
    connection: &mut PgConnection,
    sql: String,
    names: &[String],
) -> Result<Vec<sqlx::postgres::PgRow>, sqlx::Error> {
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(names).fetch_all(connection).await
}

impl Relation {
    /// The type of a column, as `format_type` spells it.
    pub fn kind(&self, column: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name == column).map(|attribute| attribute.kind.as_str())
    }

    /// Whether this trigger (its name as it was made, its function with the schema) is there and switched on.
    pub fn has_trigger(&self, name: &str, function: &str, arguments: &[&str]) -> bool {
        let name = &name[..name.floor_char_boundary(LONGEST_NAME)];
        let arguments: Vec<u8> = arguments.iter().flat_map(|argument| argument.bytes().chain([0])).collect();
        self.triggers
            .iter()
            .any(|trigger| trigger.name == name && trigger.function == function && trigger.arguments == arguments)
    }
}
