//! The end of a listening socket, without resetting a connection.
//!
//! What the kernel has established when a listening socket is closed is reset, also where the client has
//! begun to send; however fast it is accepted, one more can come between the last look and the end. So
//! first no new one is let in: a filter drops their first packets, which clients send again after a
//! second, to whoever listens there then, or to learn that nobody does.

use std::io;

use socket2::SockRef;
use tokio::net::TcpListener;

/// Lets no new connection in; those that are there can be accepted.
///
/// # Errors
/// If the system knows no such filters.
#[cfg(target_os = "linux")]
pub(super) fn hush(listener: &TcpListener) -> io::Result<()> {
    use socket2::SockFilter;

    /// Where the flags of a TCP header are, and those of a first packet among them (RFC 9293 section 3.1).
    const FLAGS: u32 = 13;
    const ACK_AND_SYN: u32 = 0x12;
    const SYN: u32 = 0x02;
    /// Of classic BPF (linux/bpf_common.h): load a byte, and with a constant, compare, return.
    const LOAD: u16 = 0x30;
    const AND: u16 = 0x54;
    const EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD, 0, 0, FLAGS),
        SockFilter::new(AND, 0, 0, ACK_AND_SYN),
        SockFilter::new(EQUAL, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

/// Other systems have no such filters.
#[cfg(not(target_os = "linux"))]
pub(super) fn hush(_: &TcpListener) -> io::Result<()> {
    Ok(())
}
