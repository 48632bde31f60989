//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The address that a request came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Client(IpAddr);

impl Client {
    /// A client at an address; an IPv4 address in its IPv6 form is the IPv4 address.
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// A client whose address is not known; all of them count as one.
    pub fn unknown() -> Self {
        Self(Ipv6Addr::UNSPECIFIED.into())
    }

    /// The client of a connection from `peer`, where the proxies in `trusted` say for whom they
    /// ask: each adds the address it was called from to the right of `X-Forwarded-For`. The first
    /// address from the right that is no trusted proxy is the client; what stands to the left of
    /// it could be anybody's invention.
    ///
    /// `forwarded` are the values of that header, in the order of the request. What is not an
    /// address ends the search at the proxy that wrote it.
    pub fn behind(peer: IpAddr, trusted: &[Network], forwarded: &[&str]) -> Self {
        let mut client = Self::new(peer);
        let hops = forwarded
            .iter()
            .rev()
            .flat_map(|value| value.rsplit(','))
            .map(str::trim);
        for hop in hops {
            if !trusted.iter().any(|network| network.holds(client.0)) {
                break;
            }
            match hop_address(hop) {
                Some(address) => client = Self::new(address),
                None => break,
            }
        }
        client
    }

    /// The address.
    pub fn address(self) -> IpAddr {
        self.0
    }

    /// What is counted as one: an IPv4 address, or the /64 of an IPv6 address, which is what one
    /// host or one home has (RFC 6177, section 2).
    pub fn unit(self) -> IpAddr {
        match self.0 {
            IpAddr::V6(address) => Network::cut(address.into(), 64),
            address => address,
        }
    }
}

/// An entry of `X-Forwarded-For`: an address, perhaps with a port.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    let address = bracketed.unwrap_or(text).parse().ok();
    address.or_else(with_port)
}

/// Addresses with a common beginning: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address is one of the network's.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && Self::cut(address, self.bits) == self.first
    }

    fn cut(address: IpAddr, bits: u8) -> IpAddr {
        match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32)));
                IpAddr::V4((v4.to_bits() & mask.unwrap_or(0)).into())
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128)));
                IpAddr::V6((v6.to_bits() & mask.unwrap_or(0)).into())
            }
        }
    }
}

impl FromStr for Network {
    type Err = String;

    /// Reads `address` or `address/bits`; bits of the address behind those must be zero, so that
    /// nobody trusts more than meant.
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is neither an IP address nor ADDRESS/BITS");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) => bits.parse().ok().filter(|n| *n <= most).ok_or_else(bad)?,
        };
        if Self::cut(first, bits) != first {
            return Err(format!("{text:?} has bits behind the first {bits}"));
        }
        Ok(Self { first, bits })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.0/31", "192.0.2.1", "192.0.2.2"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("10.0.0.0/8", "::ffff:10.1.1.1", "::10.1.1.1"),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert!(parsed.holds(ip(inside)), "{network} {inside}");
            assert!(!parsed.holds(ip(outside)), "{network} {outside}");
        }
        for bad in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.1/8",
            "10/8",
            "a",
            "10.0.0.0/-1",
            "::/",
        ] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_rightmost_hop_that_is_not_trusted_is_the_client() {
        let trusted: Vec<Network> = ["10.0.0.0/8", "fd00::/8"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        for (peer, forwarded, client) in [
            // Whoever is no proxy says what he likes.
            ("192.0.2.1", &["198.51.100.1"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            (
                "10.0.0.1",
                &["203.0.113.9", "198.51.100.1, 10.0.0.2"],
                "198.51.100.1",
            ),
            ("fd00::1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            // All of them trusted: the one that is farthest away.
            ("10.0.0.1", &["10.0.0.3,10.0.0.2"], "10.0.0.3"),
            // Nonsense ends the search.
            ("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ] {
            let found = Client::behind(ip(peer), &trusted, forwarded);
            assert_eq!(found.address(), ip(client), "{peer} {forwarded:?}");
        }
        let nobody = Client::behind(ip("10.0.0.1"), &[], &["198.51.100.1"]);
        assert_eq!(nobody.address(), ip("10.0.0.1"));
    }

    #[test]
    fn one_host_of_ipv6_is_its_64() {
        let unit = |text| Client::new(ip(text)).unit();
        assert_eq!(unit("2001:db8::1"), unit("2001:db8::ffff:0:0:1"));
        assert_ne!(unit("2001:db8::1"), unit("2001:db8:0:1::1"));
        assert_ne!(unit("192.0.2.1"), unit("192.0.2.2"));
        assert_eq!(unit("::ffff:192.0.2.1"), unit("192.0.2.1"));
    }
}
