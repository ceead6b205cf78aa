//! Which addresses are sent to.
//!
//! Whoever may set an address may also mean the own network, so private addresses are allowed. What is never meant are
//! the addresses where clouds hand out credentials and those that stand for another address, behind which the first
//! ones could hide.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far a message may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Within this machine.
    Here,
    /// Within this machine and its private networks.
    Near,
    /// Everywhere.
    Far,
}

impl Reach {
    /// Whether a message may go to an address.
    ///
    /// # Errors
    /// Which kind of address it is.
    pub(crate) fn permits(self, address: IpAddr) -> Result<(), &'static str> {
        let needed = reach_of(address)?;
        match (self, needed) {
            (Self::Far, _) | (Self::Near, Self::Here | Self::Near) | (Self::Here, Self::Here) => Ok(()),
            (Self::Near, _) => Err("a public address without TLS"),
            (Self::Here, _) => Err("another machine without TLS"),
        }
    }
}

/// How far away an address is.
fn reach_of(address: IpAddr) -> Result<Reach, &'static str> {
    match address {
        IpAddr::V4(address) => reach_of_v4(address),
        IpAddr::V6(address) => reach_of_v6(address),
    }
}

/// The special addresses are those of RFC 6890, and metadata services outside of 169.254.0.0/16.
fn reach_of_v4(address: Ipv4Addr) -> Result<Reach, &'static str> {
    /// Alibaba, Oracle, Azure.
    const METADATA: [Ipv4Addr; 3] =
        [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];
    if address.is_link_local() {
        Err(LINK_LOCAL)
    } else if METADATA.contains(&address) {
        Err(METADATA_SERVICE)
    } else if address.octets()[0] == 0 {
        // 0.0.0.0/8; Linux takes 0.0.0.0 for this machine.
        Err("an unspecified address")
    } else if address.is_multicast() {
        Err("a multicast address")
    } else if address.octets()[0] >= 240 {
        Err("a reserved or broadcast address")
    } else if address.is_loopback() {
        Ok(Reach::Here)
    } else if address.is_private() {
        Ok(Reach::Near)
    } else {
        Ok(Reach::Far)
    }
}

fn reach_of_v6(address: Ipv6Addr) -> Result<Reach, &'static str> {
    let parts = address.segments();
    if address.is_unspecified() {
        return Err("an unspecified address");
    }
    if address.is_loopback() {
        return Ok(Reach::Here);
    }
    if let Some(inner) = address.to_ipv4() {
        // ::ffff:a.b.c.d and ::a.b.c.d: systems connect to the address within.
        return reach_of_v4(inner);
    }
    match parts {
        [0x64, 0xff9b, ..] => Err("an address of NAT64, which stands for another one"),
        [0x2002, ..] => Err("an address of 6to4, which stands for another one"),
        [0x2001, 0, ..] => Err("an address of Teredo, which stands for another one"),
        [0, 0, 0, 0, 0xffff, 0, ..] => Err("a translated address, which stands for another one"),
        [0xfd00, 0xec2, ..] => Err(METADATA_SERVICE),
        // Google.
        [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Err(METADATA_SERVICE),
        [first, ..] if first & 0xffc0 == 0xfe80 => Err(LINK_LOCAL),
        [first, ..] if first & 0xffc0 == 0xfec0 => Err("a site-local address"),
        [first, ..] if first & 0xff00 == 0xff00 => Err("a multicast address"),
        [first, ..] if first & 0xfe00 == 0xfc00 => Ok(Reach::Near),
        _ => Ok(Reach::Far),
    }
}

const LINK_LOCAL: &str = "a link-local address, where clouds hand out credentials";
const METADATA_SERVICE: &str = "the metadata service of a cloud, which hands out credentials";

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[track_caller]
    fn reach(address: &str) -> Result<Reach, &'static str> {
        reach_of(address.parse().unwrap())
    }

    #[test]
    fn addresses_that_hand_out_credentials_or_hide_others_are_never_sent_to() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "::ffff:169.254.169.254",
            "::ffff:a9fe:a9fe",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::1",
            "2002:a9fe:a9fe::",
            "2001:0:a9fe:a9fe::",
            "::ffff:0:169.254.169.254",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "::ffff:0.0.0.0",
            "224.0.0.1",
            "239.255.255.250",
            "ff02::1",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            assert!(reach(address).is_err(), "{address}");
        }
    }

    #[test]
    fn loopback_and_private_networks_are_near_and_their_neighbours_far() {
        for address in ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(reach(address), Ok(Reach::Here), "{address}");
        }
        for address in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "fc00::1",
            "fdff::1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(reach(address), Ok(Reach::Near), "{address}");
        }
        for address in [
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "192.169.0.1",
            "100.64.0.1",
            "2606:4700::1111",
            "2001:db8::1",
        ] {
            assert_eq!(reach(address), Ok(Reach::Far), "{address}");
        }
    }

    #[test]
    fn what_goes_without_tls_stays_near_and_mail_without_tls_stays_here() {
        let (here, near, far): (IpAddr, IpAddr, IpAddr) =
            ([127, 0, 0, 1].into(), [10, 0, 0, 1].into(), [8, 8, 8, 8].into());
        assert!([here, near, far].iter().all(|address| Reach::Far.permits(*address).is_ok()));
        assert!(Reach::Near.permits(near).is_ok() && Reach::Near.permits(far).is_err());
        assert!(Reach::Here.permits(here).is_ok() && Reach::Here.permits(near).is_err());
        assert!(Reach::Here.permits(far).is_err());
    }
}
