//! A listener: accepts connections, speaks TLS if it is given a configuration, and serves a
//! router over HTTP/1.1.
//!
//! Every wait on a client is bounded, so that none can hold a place for ever: for the TLS
//! handshake, for the head of a request (an idle connection waits for the next one), and for the
//! client to take what is written; and no connection lives for ever. How long a handler waits for a
//! body, and a client for its answer, is the router's matter.

mod guests;
mod stall;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use chancery_core::Network;

use self::guests::Guests;
use self::stall::StallGuard;

/// Most bytes that are buffered of a connection, and so the longest head of a request.
const BUFFER: usize = 64 * 1024;
/// Most headers that are read. The router refuses fewer, in the shape of the service that was
/// asked; beyond these the answer is a bare 431.
const HEADERS: usize = 128;
/// The pause after a failed accept, which mostly means that there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a client may take of the listener.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Most connections at a time; others wait until one ends.
    pub(crate) connections: usize,
    /// Most connections at a time of one client address (of one /64 with IPv6), so that none
    /// takes them all; more are closed at once. Trusted proxies may have any number. 0 is no limit.
    pub(crate) connections_per_address: usize,
    /// How long a connection may live; then it is closed after the answer under way, which has
    /// `drain` to end.
    pub(crate) age: Duration,
    /// How long a TLS handshake may take.
    pub(crate) handshake: Duration,
    /// How long the complete head of a request may take, from the connection's start or the
    /// last answer on. It bounds idle keep-alive connections too.
    pub(crate) request_head: Duration,
    /// How long a client may take nothing of what is written to it.
    pub(crate) write_stall: Duration,
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
            drain: Duration::from_secs(10),
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

    /// The address that was bound.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Serves `router` until `shutdown` holds true (or its sender is gone): then it stops
    /// accepting, closes idle connections, and returns when the open requests are answered or
    /// `limits.drain` is over.
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
        let server = Server {
            router,
            tls: tls.map(http1_acceptor),
            limits,
            shutdown: shutdown.clone(),
        };
        let places = Arc::new(Semaphore::new(limits.connections));
        let guests = Guests::new(limits.connections_per_address, proxies);
        let mut connections = JoinSet::new();
        loop {
            let next = async {
                // A place first: who finds none waits in the backlog of the kernel.
                let place = Arc::clone(&places).acquire_owned().await;
                (place, self.tcp.accept().await)
            };
            let (place, accepted) = tokio::select! {
                biased;
                () = stopped(&mut shutdown) => break,
                next = next => next,
            };
            match accepted {
                Ok((socket, peer)) => match guests.admit(peer.ip()) {
                    Some(guest) => {
                        let server = server.clone();
                        connections.spawn(async move {
                            server.connection(socket, peer).await;
                            drop((guest, place));
                        });
                    }
                    None => tracing::debug!(%peer, "too many connections from this address"),
                },
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
        drop(self.tcp);
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout(limits.drain, drained).await.is_err() {
            tracing::warn!("{} connections cut off by the shutdown", connections.len());
            connections.shutdown().await;
        }
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
    async fn connection(mut self, socket: TcpStream, peer: SocketAddr) {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%peer, "cannot set TCP_NODELAY: {error}");
        }
        let Some(acceptor) = self.tls.take() else {
            return self.http(socket, peer).await;
        };
        let handshake = timeout(self.limits.handshake, acceptor.accept(socket));
        tokio::select! {
            () = stopped(&mut self.shutdown) => {}
            done = handshake => match done {
                Ok(Ok(stream)) => self.http(stream, peer).await,
                Ok(Err(error)) => tracing::debug!(%peer, "TLS handshake failed: {error}"),
                Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
            },
        }
    }

    async fn http(mut self, stream: impl AsyncRead + AsyncWrite + Unpin, peer: SocketAddr) {
        let router = TowerToHyperService::new(self.router);
        let service = service_fn(|mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let stream = TokioIo::new(StallGuard::new(stream, self.limits.write_stall));
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(self.limits.request_head)
                .max_buf_size(BUFFER)
                .max_headers(HEADERS)
                .serve_connection(stream, service)
        );
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut self.shutdown) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = tokio::time::sleep(self.limits.age) => {
                connection.as_mut().graceful_shutdown();
                match timeout(self.limits.drain, connection).await {
                    Ok(ended) => ended,
                    Err(_) => return tracing::debug!(%peer, "connection cut off: it was too old"),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, "connection ended: {error}");
        }
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
