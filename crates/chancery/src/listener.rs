//! A listener: accepts connections, speaks TLS if it is given a configuration, and serves a
//! router over HTTP/1.1.
//!
//! Every wait on a client is bounded, so that none can hold a place for ever: for the TLS
//! handshake, for the head of a request (an idle connection waits for the next one), and for the
//! client to take what is written; and no connection lives for ever. How long a handler waits for a
//! body, and a client for its answer, is the router's matter.
//!
//! Where all places are taken, who is idle makes way ([`guests`]). A listener that is to stop goes on
//! accepting for a moment, and tells every client with its answer that the connection will be closed:
//! HTTP/1.1 has nothing to say to one that is idle, and to close one at once can meet a request that
//! is on its way.

mod guests;
mod hush;
mod stall;
#[cfg(test)]
mod tests;
mod watched;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use axum::Router;
use axum::extract::ConnectInfo;
use http::HeaderValue;
use http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use chancery_core::Network;
use chancery_store::in_words;

use self::guests::{Guest, Guests};
use self::stall::StallGuard;
use self::watched::{WatchedBody, WatchedStream};

/// Most bytes that are buffered of a connection, and so the longest head of a request.
const BUFFER: usize = 64 * 1024;
/// Most headers that are read. The router refuses fewer, in the shape of the service that was
/// asked; beyond these the answer is a bare 431.
const HEADERS: usize = 128;
/// How long an idle connection may take to be closed in TLS's own way; then it is cut off.
const GOODBYE: Duration = Duration::from_millis(200);
/// How long the last answer of a connection may take at least, when the server does not stop.
const LAST_ANSWER: Duration = Duration::from_secs(10);
/// How long it is waited for connections that are being established when the last are accepted.
const ESTABLISHING: Duration = Duration::from_millis(50);
/// The pause after a failed accept, which mostly means that there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a client may take of the listener.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Most connections at a time. For others an idle one makes way; where none is idle, they wait.
    pub(crate) connections: usize,
    /// Most connections at a time of one client address (of one /64 with IPv6), so that none
    /// takes them all; more are closed at once. Trusted proxies may have any number. 0 is no limit.
    pub(crate) connections_per_address: usize,
    /// How long a connection may live; then it is closed after the answer under way.
    pub(crate) age: Duration,
    /// How long a TLS handshake may take.
    pub(crate) handshake: Duration,
    /// How long the complete head of a request may take, from the connection's start or the
    /// last answer on. It bounds idle keep-alive connections too.
    pub(crate) request_head: Duration,
    /// How long a client may take nothing of what is written to it.
    pub(crate) write_stall: Duration,
    /// How long idle connections stay open after shutdown began: the next request on one is answered,
    /// and the answer says that it was the last.
    pub(crate) notice: Duration,
    /// How long open requests may take after shutdown began; then they are cut off.
    pub(crate) drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            connections_per_address: 128,
            age: Duration::from_secs(60 * 60),
            handshake: Duration::from_secs(10),
            request_head: Duration::from_secs(30),
            write_stall: Duration::from_secs(30),
            notice: Duration::from_secs(1),
            drain: Duration::from_secs(8),
        }
    }
}

/// A bound TCP port.
pub(crate) struct Listener {
    tcp: TcpListener,
}

impl Listener {
    /// Binds an address; port 0 picks a free port.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self {
            tcp: TcpListener::bind(address).await?,
        })
    }

    /// The same for the address of an option.
    ///
    /// # Errors
    /// Why nobody can listen there, in words that name the option.
    pub(crate) async fn bind_for(option: &str, address: SocketAddr) -> anyhow::Result<Self> {
        Self::bind(address).await.map_err(|error| {
            let port = address.port();
            let why = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    "another program listens there already; give another port, or 0 for a free one"
                        .to_owned()
                }
                io::ErrorKind::PermissionDenied if port < 1024 => format!(
                    "the user that this runs as may not listen on port {port}: give one from 1024 on, or \
                     let it (CAP_NET_BIND_SERVICE, AmbientCapabilities= of systemd)"
                ),
                io::ErrorKind::AddrNotAvailable => {
                    "this machine has no such address; 0.0.0.0 stands for all that it has".to_owned()
                }
                _ => in_words(&error),
            };
            anyhow!("cannot listen on {address} ({option}): {why}")
        })
    }

    /// The address that was bound.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Serves `router` until `shutdown` holds true (or its sender is gone). From then on every answer
    /// says that its connection is closed; it accepts for `limits.notice` longer, or until no
    /// connection is open, and returns when the open requests are answered or `limits.drain` is over.
    ///
    /// With `tls` it speaks HTTPS, with the ALPN protocol `http/1.1` alone. The configuration's
    /// certificate resolver is asked at every handshake, so it can change certificates. `proxies`
    /// are the addresses that stand for many clients.
    /// Handlers find the client's address as [`ConnectInfo<SocketAddr>`].
    pub(crate) async fn serve(
        self,
        router: Router,
        tls: Option<Arc<ServerConfig>>,
        limits: Limits,
        proxies: Vec<Network>,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let guests = Guests::new(limits.connections, limits.connections_per_address, proxies);
        let mut open = Open {
            server: Server {
                router,
                tls: tls.map(http1_acceptor),
                limits,
                shutdown: shutdown.clone(),
            },
            guests,
            connections: JoinSet::new(),
        };
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut shutdown) => break,
                (socket, peer) = open.next(&self.tcp) => open.welcome(socket, peer),
            }
        }
        let until = Instant::now() + limits.drain;
        let anybody = open.guests.has_any();
        let mut notice = pin!(tokio::time::sleep(limits.notice.min(limits.drain)));
        loop {
            tokio::select! {
                () = &mut notice => break,
                () = open.guests.nobody() => break,
                (socket, peer) = open.next(&self.tcp) => open.welcome(socket, peer),
            }
        }
        if let Err(error) = hush::hush(&self.tcp) {
            tracing::debug!("new connections may be reset at the end: {error}");
        }
        if anybody {
            // Those that are being established end with this, also from far away.
            tokio::time::sleep(ESTABLISHING).await;
        }
        if let Err(error) = open.take_backlog(self.tcp) {
            tracing::warn!("the last connections were not accepted: {error}");
        }
        let mut connections = open.connections;
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout_at(until, drained).await.is_err() {
            tracing::warn!("{} connections cut off by the shutdown", connections.len());
            connections.shutdown().await;
        }
    }
}

/// What a listener has open.
struct Open {
    server: Server,
    guests: Guests,
    connections: JoinSet<()>,
}

impl Open {
    /// The next connection, as soon as there is room: who finds none waits in the kernel's backlog.
    async fn next(&self, tcp: &TcpListener) -> (TcpStream, SocketAddr) {
        loop {
            self.guests.room().await;
            let accepted = tokio::select! {
                biased;
                () = self.guests.full() => continue,
                accepted = tcp.accept() => accepted,
            };
            match accepted {
                Ok(accepted) => return accepted,
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Accepts those that the kernel has established, whose clients may have begun to send; then
    /// there is no listener any more.
    fn take_backlog(&mut self, tcp: TcpListener) -> io::Result<()> {
        // The system is asked, not what the runtime knew of it some time ago.
        let tcp = tcp.into_std()?;
        loop {
            match tcp.accept() {
                Ok((socket, peer)) => {
                    socket.set_nonblocking(true)?;
                    self.welcome(TcpStream::from_std(socket)?, peer);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn welcome(&mut self, socket: TcpStream, peer: SocketAddr) {
        match self.guests.admit(peer.ip()) {
            Some(guest) => {
                let server = self.server.clone();
                let connection = server.connection(socket, peer, Arc::new(guest));
                self.connections.spawn(connection);
            }
            None => tracing::debug!(%peer, "too many connections from this address"),
        }
        while self.connections.try_join_next().is_some() {}
    }
}

/// What every connection of a listener shares.
#[derive(Clone)]
struct Server {
    router: Router,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    shutdown: watch::Receiver<bool>,
}

impl Server {
    async fn connection(mut self, socket: TcpStream, peer: SocketAddr, guest: Arc<Guest>) {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%peer, "cannot set TCP_NODELAY: {error}");
        }
        let Some(acceptor) = self.tls.take() else {
            return self.http(socket, peer, guest).await;
        };
        let handshake = timeout(self.limits.handshake, acceptor.accept(socket));
        let mut shutdown = self.shutdown.clone();
        let ended = tokio::select! {
            done = handshake => done,
            () = guest.asked_to_go() => return tracing::debug!(%peer, "makes way in its TLS handshake"),
            () = noticed(&mut shutdown, self.limits.notice) => return,
        };
        match ended {
            Ok(Ok(stream)) => self.http(stream, peer, guest).await,
            Ok(Err(error)) => tracing::debug!(%peer, "TLS handshake failed: {error}"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn http<S>(self, stream: S, peer: SocketAddr, guest: Arc<Guest>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let router = TowerToHyperService::new(self.router);
        let stopping = self.shutdown.clone();
        let service = service_fn(|mut request: hyper::Request<Incoming>| {
            guest.begin();
            request.extensions_mut().insert(ConnectInfo(peer));
            let (answer, guest) = (router.call(request), Arc::clone(&guest));
            let stopping = stopping.clone();
            async move {
                let mut answer = answer.await?;
                if is_stopping(&stopping) {
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(CONNECTION, close);
                }
                Ok::<_, Infallible>(answer.map(|body| WatchedBody::new(body, guest)))
            }
        });
        let stream = StallGuard::new(stream, self.limits.write_stall);
        let stream = TokioIo::new(WatchedStream::new(stream, Arc::clone(&guest)));
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(self.limits.request_head)
                .max_buf_size(BUFFER)
                .max_headers(HEADERS)
                .serve_connection(stream, service)
        );
        let mut shutdown = self.shutdown;
        let why = tokio::select! {
            ended = connection.as_mut() => return note_end(peer, ended),
            () = guest.asked_to_go() => "it made way",
            () = noticed(&mut shutdown, self.limits.notice) => "the server stops",
            () = tokio::time::sleep(self.limits.age) => "it was too old",
        };
        connection.as_mut().graceful_shutdown();
        // Half a head is not waited for, what has been asked is answered.
        let patience = match guest.is_idle() {
            true => GOODBYE,
            false => self.limits.drain.max(LAST_ANSWER),
        };
        match timeout(patience, connection).await {
            Ok(ended) => note_end(peer, ended),
            Err(_) => tracing::debug!(%peer, "connection cut off: {why}"),
        }
    }
}

fn note_end(peer: SocketAddr, ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%peer, "connection ended: {error}");
    }
}

/// Clients cannot agree on another protocol than the one that is served.
fn http1_acceptor(config: Arc<ServerConfig>) -> TlsAcceptor {
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// Waits until the server is to stop.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone: nobody is left who could stop the server later.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// Waits until the server is to stop and its clients have been given notice.
async fn noticed(shutdown: &mut watch::Receiver<bool>, notice: Duration) {
    stopped(shutdown).await;
    tokio::time::sleep(notice).await;
}

/// Whether the server is to stop.
fn is_stopping(shutdown: &watch::Receiver<bool>) -> bool {
    *shutdown.borrow() || shutdown.has_changed().is_err()
}
