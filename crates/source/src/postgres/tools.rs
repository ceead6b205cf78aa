//! Finding `pg_dump` and `pg_restore`.
//!
//! Of all that are installed, the lowest major version that is not below the server's is taken: a
//! newer `pg_dump` writes settings that an older server does not know.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aitta_base::{Error, Result};
use aitta_model::ErrorCode;
use tokio::process::Command;

use super::connect::Server;
use super::environment;

/// `pg_dump` and `pg_restore` of one version.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    dir: PathBuf,
    /// As the tool prints it, such as `15.18`.
    pub(crate) version: String,
}

impl Tools {
    /// The tools for a server of this major version.
    ///
    /// # Errors
    /// `tool_missing`, which says what was found and what to install.
    pub(crate) async fn find(server: &Server, server_major: u32) -> Result<Self> {
        let mut found: BTreeMap<u32, Self> = BTreeMap::new();
        let dirs = candidates(server.access.bin_dir.as_deref());
        let versions = futures::future::join_all(dirs.iter().map(|dir| version_of(dir))).await;
        for (dir, version) in dirs.into_iter().zip(versions) {
            if let Some((major, version)) = version {
                found.entry(major).or_insert(Self { dir, version });
            }
        }
        if let Some(tools) = found.range(server_major..).next().map(|(_, tools)| tools.clone()) {
            return Ok(tools);
        }
        let list: Vec<String> =
            found.values().map(|t| format!("{} in {}", t.version, t.dir.display())).collect();
        let seen =
            if list.is_empty() { "none was found".to_owned() } else { format!("found: {}", list.join(", ")) };
        Err(Error::new(
            ErrorCode::ToolMissing,
            format!(
                "the server has version {server_major}, and pg_dump with pg_restore of version {server_major} or newer is needed; {seen}"
            ),
            format!(
                "install the client tools (Debian and Ubuntu: postgresql-client-{server_major}; macOS: brew install \
                 postgresql@{server_major}), or set pg_bin_dir in the profile to their folder"
            ),
        ))
    }

    /// Their major version.
    pub(crate) fn major(&self) -> u32 {
        let digits: String = self.version.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_default()
    }

    /// `pg_dump` or `pg_restore`, to be connected to `server`. The password goes by environment.
    pub(crate) fn command(&self, name: &str, server: Option<&Server>) -> Command {
        let mut command = Command::new(self.dir.join(executable(name)));
        environment::of_tool(&mut command, server);
        command.kill_on_drop(true).stdin(std::process::Stdio::null()).env("LC_ALL", "C");
        // Ctrl-C in a terminal goes to the whole group. The tool is ended when the run has taken notice;
        // ended before, its failure would be taken for that of the run.
        #[cfg(unix)]
        command.process_group(0);
        if let Some(server) = server {
            command.arg(format!("--dbname={}", server.tool_uri())).arg("--no-password");
        }
        command
    }
}

/// Whether a message of a client tool says that the connection broke or could not be made. Our own
/// sessions were open before.
pub(crate) fn tells_of_loss(message: &str) -> bool {
    const LOST: [&str; 7] = [
        "server closed the connection",
        "terminating connection",
        "connection to server",
        "no connection to the server",
        "could not receive data from server",
        "could not send data to server",
        "SSL connection has been closed",
    ];
    LOST.iter().any(|text| message.contains(text))
}

fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// Folders in order of preference, for equal versions.
fn candidates(configured: Option<&Path>) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = configured.map(Path::to_owned).into_iter().collect();
    // A configured folder is an instruction: others are not looked at.
    if !dirs.is_empty() {
        return dirs;
    }
    dirs.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths).filter(|p| p.is_absolute()));
    for (parent, sub) in [
        ("/usr/lib/postgresql", "bin"),
        ("/usr/local/pgsql", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
        ("C:\\Program Files\\PostgreSQL", "bin"),
    ] {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        dirs.extend(entries.flatten().map(|e| e.path().join(sub)));
    }
    if let Ok(entries) = std::fs::read_dir("/usr") {
        // Red Hat's packages: /usr/pgsql-15/bin
        dirs.extend(
            entries
                .flatten()
                .filter(|e| e.file_name().to_string_lossy().starts_with("pgsql-"))
                .map(|e| e.path().join("bin")),
        );
    }
    dirs
}

/// Major and full version of the tools in a folder that has both.
async fn version_of(dir: &Path) -> Option<(u32, String)> {
    let pg_dump = dir.join(executable("pg_dump"));
    if !dir.join(executable("pg_restore")).is_file() || !pg_dump.is_file() {
        return None;
    }
    // Debian's wrapper takes another version depending on its arguments. What it chooses from is in
    // folders of its own, which are candidates too.
    if std::fs::canonicalize(&pg_dump).is_ok_and(|path| path.ends_with("pg_wrapper")) {
        return None;
    }
    let mut command = Command::new(pg_dump);
    environment::of_tool(&mut command, None);
    let output = command.arg("--version").output().await.ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

/// `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
fn parse_version(text: &str) -> Option<(u32, String)> {
    let version = text.split("(PostgreSQL)").nth(1)?.split_whitespace().next()?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some((digits.parse().ok()?, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_are_read_with_and_without_a_packager() {
        let debian = "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(parse_version(debian), Some((15, "15.18".to_owned())));
        assert_eq!(parse_version("pg_dump (PostgreSQL) 18beta1\n"), Some((18, "18beta1".to_owned())));
        assert_eq!(parse_version("something else"), None);
    }
}
