//! PostgreSQL's own client programs (`pg_dump`, `pg_restore`, `psql`): which of the installed ones fit a server, and
//! running them without a password on a command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use percent_encoding::percent_decode_str;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

const PROGRAMS: [&str; 3] = ["pg_dump", "pg_restore", "psql"];

/// The programs of one PostgreSQL, and how they reach a database.
#[derive(Debug)]
pub struct Client {
    folder: PathBuf,
    /// For example 15.
    pub major: u32,
    environment: Vec<(&'static str, OsString)>,
}

impl Client {
    /// The oldest installed programs that are not older than PostgreSQL `major`: a program understands older servers and
    /// archives than itself, and what it writes is understood by servers of its own version.
    pub fn find(options: &PgConnectOptions, major: u32) -> Result<Self> {
        let mut found: Vec<(u32, PathBuf)> = folders().filter_map(|folder| Some((version(&folder)?, folder))).collect();
        found.retain(|(version, _)| *version >= major);
        found.sort_by_key(|(version, _)| *version);
        let Some((major, folder)) = found.into_iter().next() else {
            bail!(
                "{} of PostgreSQL {major} or newer are not installed here; on Debian: \
                 apt-get install postgresql-client-{major}",
                PROGRAMS.join(", ")
            );
        };
        Ok(Self { folder, major, environment: environment(options) })
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        // a setting of the caller's must not lead to another database
        for inherited in ["PGHOSTADDR", "PGSERVICE", "PGOPTIONS", "PGDATESTYLE", "PGTZ", "PGCLIENTENCODING"] {
            command.env_remove(inherited);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("PGAPPNAME", "misto").env("LC_ALL", "C.UTF-8");
        command
    }
}

/// Where Debian keeps the programs, by version, and the folders of the path.
fn folders() -> impl Iterator<Item = PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<_> = std::env::split_paths(&path).collect();
    let all = debian.map(|version| version.path().join("bin")).chain(path);
    all.filter(|folder| PROGRAMS.iter().all(|program| folder.join(program).is_file()))
}

/// What `pg_dump --version` says.
fn version(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("pg_dump")).arg("--version").output().ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}

/// `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → 15.
fn major(told: &str) -> Option<u32> {
    let number = told.split_whitespace().find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))?;
    number.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// The connection as libpq's variables: the environment of a process is its user's own, its command line is everybody's.
fn environment(options: &PgConnectOptions) -> Vec<(&'static str, OsString)> {
    let host = match options.get_socket() {
        Some(socket) => socket.clone().into_os_string(),
        None => options.get_host().trim_matches(['[', ']']).into(),
    };
    let mut variables: Vec<(_, OsString)> = vec![
        ("PGHOST", host),
        ("PGPORT", options.get_port().to_string().into()),
        ("PGUSER", options.get_username().into()),
        ("PGDATABASE", options.get_database().unwrap_or(options.get_username()).into()),
        ("PGSSLMODE", ssl_mode(options.get_ssl_mode()).into()),
    ];
    // only the address has these; a host that is no part of an address would be in its way
    let address = options.clone().host("localhost").username("misto").to_url_lossy();
    if let Some(password) = address.password() {
        let password = percent_decode_str(password).decode_utf8_lossy();
        variables.push(("PGPASSWORD", password.into_owned().into()));
    }
    for (name, value) in address.query_pairs() {
        let variable = match &*name {
            "sslrootcert" => "PGSSLROOTCERT",
            "sslcert" => "PGSSLCERT",
            "sslkey" => "PGSSLKEY",
            _ => continue,
        };
        // libpq takes files only
        if let Some(file) = value.strip_prefix("file: ") {
            variables.push((variable, file.into()));
        }
    }
    variables
}

fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn variables(url: &str) -> Vec<(&'static str, String)> {
        let options = PgConnectOptions::from_str(url).unwrap();
        environment(&options).into_iter().map(|(name, value)| (name, value.into_string().unwrap())).collect()
    }

    #[test]
    fn an_address_becomes_variables_with_its_password_as_it_is() {
        let variables =
            variables("postgres://clerk:p%40ss%2Fw%C3%B6rd@[::1]:5433/city?sslmode=verify-ca&sslrootcert=/ca.pem");
        for wanted in [
            ("PGHOST", "::1"),
            ("PGPORT", "5433"),
            ("PGUSER", "clerk"),
            ("PGPASSWORD", "p@ss/wörd"),
            ("PGDATABASE", "city"),
            ("PGSSLMODE", "verify-ca"),
            ("PGSSLROOTCERT", "/ca.pem"),
        ] {
            assert!(variables.iter().any(|(name, value)| (*name, value.as_str()) == wanted), "{wanted:?}");
        }
    }

    #[test]
    fn a_socket_is_a_host_and_an_odd_host_makes_no_trouble() {
        assert_eq!(variables("postgres://%2Fvar%2Frun/city")[0], ("PGHOST", "/var/run".to_owned()));
        assert_eq!(variables("postgres:///city?host=::1")[0], ("PGHOST", "::1".to_owned()));
    }

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        assert_eq!(major("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("pg_dump (PostgreSQL) 19devel"), Some(19));
        assert_eq!(major("command not found"), None);
    }
}
