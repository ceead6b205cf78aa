//! What a client tool finds in its environment: what it needs to run, and what it needs to reach the server that it is
//! sent to. Everything else stays here, above all the secrets of stores and of other databases.

use std::ffi::OsStr;

use tokio::process::Command;

use super::connect::Server;

/// For every program: where it finds others, its libraries, its home, time zone and temporary files. On Windows sockets
/// don't work without `SYSTEMROOT`.
const TO_RUN: [&str; 14] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "TMP",
    "TEMP",
    "TZ",
    "LANG",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
];

/// For connecting, what the URL doesn't say and our own sessions don't know: the password file and how to trust the
/// server. Where it is and who connects comes from the URL, so that tool and sessions can't reach different servers.
const TO_CONNECT: [&str; 12] = [
    "PGPASSFILE",
    "PGSYSCONFDIR",
    "PGREQUIREPEER",
    "PGREQUIREAUTH",
    "PGCHANNELBINDING",
    "PGGSSENCMODE",
    "PGGSSLIB",
    "PGKRBSRVNAME",
    "PGCONNECT_TIMEOUT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "OPENSSL_CONF",
];

/// Beginnings of more of them: `PGSSLMODE`, `PGSSLROOTCERT`; `KRB5CCNAME`, `KRB5_CONFIG`.
const TO_CONNECT_SO: [&str; 2] = ["PGSSL", "KRB5"];

/// Gives a tool its environment. One that is sent to no server gets nothing for connecting.
pub(super) fn of_tool(command: &mut Command, server: Option<&Server>) {
    command.env_clear();
    let wanted = |name: &OsStr| name.to_str().is_some_and(|name| is_wanted(name, server.is_some()));
    command.envs(std::env::vars_os().filter(|(name, _)| wanted(name)));
    let Some(server) = server else { return };
    command.envs(server.environment());
    // What our own sessions take when nobody gives them another one.
    let password = server.password().map(Into::into).or_else(|| std::env::var_os("PGPASSWORD"));
    command.envs(password.map(|password| ("PGPASSWORD", password)));
}

fn is_wanted(name: &str, connects: bool) -> bool {
    // Windows makes no difference between large and small letters.
    let name = name.to_ascii_uppercase();
    let is_listed = |list: &[&str]| list.contains(&name.as_str());
    let to_connect = || is_listed(&TO_CONNECT) || TO_CONNECT_SO.iter().any(|begin| name.starts_with(begin));
    is_listed(&TO_RUN) || name.starts_with("LC_") || (connects && to_connect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_gets_what_it_needs_and_no_secret() {
        for name in ["PATH", "HOME", "TZ", "LC_CTYPE", "SystemRoot"] {
            assert!(is_wanted(name, false), "{name}");
        }
        for name in ["PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT", "KRB5CCNAME", "SSL_CERT_FILE"] {
            assert!(is_wanted(name, true) && !is_wanted(name, false), "{name}");
        }
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "AWS_PROFILE",
            "AZURE_STORAGE_KEY",
            "BACKUP_WEBHOOK_URL",
            "BACKUP_WEBHOOK_SECRET",
            "BACKUP_SLACK_URL",
            "BACKUP_TEAMS_URL",
            "BACKUP_MAIL_URL",
            "BACKUP_PING_URL",
            "BACKUP_ENCRYPTION_KEY",
            "DATABASE_URL",
            "GITHUB_TOKEN",
            "PGHOST",
            "PGHOSTADDR",
            "PGOPTIONS",
            "PGPORT",
            "PGSERVICE",
            "PGSERVICEFILE",
            "PGUSER",
            "PGDATABASE",
            "PGPASSWORD",
            "SSH_AUTH_SOCK",
            "LD_PRELOAD",
        ] {
            assert!(!is_wanted(name, true), "{name}");
        }
    }
}
