//! Another machine, as it is named on a command line.

use std::fmt;
use std::str::FromStr;

/// A machine that ssh can reach: `ssh://user@host:port`, `user@host`, or a name of the user's ssh
/// configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    user: Option<String>,
    name: String,
    port: Option<u16>,
}

impl Host {
    /// What ssh calls the destination: `user@host`.
    pub fn destination(&self) -> String {
        match &self.user {
            Some(user) => format!("{user}@{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The port, where it is not the one of the user's ssh configuration.
    pub fn port(&self) -> Option<u16> {
        self.port
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.destination())?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |why: &str| {
            format!("{why}; a host is written ssh://user@host:port, or user@host, or host")
        };
        let (address, is_url) = match text.strip_prefix("ssh://") {
            Some(rest) => (rest.strip_suffix('/').unwrap_or(rest), true),
            None => (text, false),
        };
        let (user, place) = match address.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, address),
        };
        // An address of IPv6 stands in brackets, because it has colons itself.
        let (name, port) = match place.strip_prefix('[').and_then(|p| p.split_once(']')) {
            Some((name, "")) => (name, None),
            Some((name, rest)) => (name, Some(rest.strip_prefix(':').unwrap_or(rest))),
            None => match place.split_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (place, None),
            },
        };
        let port = match port {
            None => None,
            Some(_) if !is_url => return Err(wrong("a port needs ssh:// before the host")),
            Some(port) => match port.parse() {
                Ok(port @ 1..) => Some(port),
                _ => return Err(wrong("the port is no number from 1 to 65535")),
            },
        };
        // A name with a leading dash would be an option of ssh, and could name a program to run.
        let is_name = |part: &str| {
            !part.is_empty()
                && !part.starts_with('-')
                && part
                    .chars()
                    .all(|c| c.is_alphanumeric() || "-._:%+\\".contains(c))
        };
        if !is_name(name) || !user.is_none_or(is_name) {
            return Err(wrong("this names no host"));
        }
        Ok(Host {
            user: user.map(str::to_owned),
            name: name.to_owned(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_they_are_written() {
        for (text, destination, port) in [
            ("server", "server", None),
            ("anna@server.lab", "anna@server.lab", None),
            ("ssh://anna@server.lab", "anna@server.lab", None),
            ("ssh://anna@server.lab:2222/", "anna@server.lab", Some(2222)),
            ("ssh://[::1]:22", "::1", Some(22)),
            ("anna@[fe80::1%eth0]", "anna@fe80::1%eth0", None),
        ] {
            let host: Host = text.parse().unwrap();
            assert_eq!(host.destination(), destination, "{text}");
            assert_eq!(host.port(), port, "{text}");
        }
    }

    #[test]
    fn nothing_that_ssh_or_a_shell_would_take_for_something_else_is_a_host() {
        for text in [
            "",
            "ssh://",
            "anna@",
            "@server",
            "-oProxyCommand=x",
            "ssh://-oProxyCommand=x",
            "-l@server",
            "server; rm x",
            "server name",
            "server:22",
            "ssh://server:0",
            "ssh://server:ssh",
            "http://server",
            "a\x1b[2J",
        ] {
            let error = text.parse::<Host>().unwrap_err();
            assert!(error.contains("user@host"), "{text:?}: {error}");
        }
    }
}
