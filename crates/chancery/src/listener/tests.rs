#![allow(clippy::unwrap_used)]

mod making_way;
mod stopping;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{Limits, Listener};

/// Long enough for what must happen before a limit of this length is over.
const SHORT: Duration = Duration::from_secs(1);
/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(20);

struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
    /// How many requests for `/never` have arrived.
    arrived: Arc<AtomicUsize>,
}

impl Running {
    async fn start(tls: Option<Arc<ServerConfig>>, limits: Limits) -> Self {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let arrived = Arc::new(AtomicUsize::new(0));
        let router = router(Arc::clone(&arrived));
        let served = tokio::spawn(listener.serve(router, tls, limits, Vec::new(), stopped));
        Self {
            address,
            stop,
            served,
            arrived,
        }
    }

    /// Waits until so many requests for `/never` have arrived.
    async fn busy(&self, requests: usize) {
        let all = async {
            while self.arrived.load(Ordering::SeqCst) < requests {
                sleep(SHORT / 100).await;
            }
        };
        timeout(LONG, all).await.unwrap();
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Ends within the limit for the open requests, or panics.
    async fn stopped(self) {
        self.stop.send_replace(true);
        timeout(LONG, self.served).await.unwrap().unwrap();
    }
}

fn router(arrived: Arc<AtomicUsize>) -> Router {
    let never = move || {
        arrived.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>()
    };
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route(
            "/peer",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }),
        )
        .route(
            "/slow",
            get(|| async {
                sleep(SHORT * 2).await;
                "done"
            }),
        )
        .route("/never", get(never))
        .route("/large", get(|| async { vec![b'x'; 32 << 20] }))
}

fn limits() -> Limits {
    Limits {
        connections: 16,
        connections_per_address: 0,
        age: LONG * 10,
        handshake: LONG,
        request_head: LONG,
        write_stall: LONG,
        notice: SHORT / 5,
        drain: LONG,
    }
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n").into_bytes()
}

/// Reads until the text has arrived; panics if the connection ends before.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        let count = timeout(LONG, stream.read_buf(&mut read))
            .await
            .unwrap()
            .unwrap();
        assert!(
            count > 0,
            "ended after {:?}",
            String::from_utf8_lossy(&read)
        );
    }
    String::from_utf8(read).unwrap()
}

/// Waits until the server has closed the connection; gives what it still sent.
async fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    // A reset is an end, too.
    let _ = timeout(LONG, stream.read_to_end(&mut read)).await.unwrap();
    read
}

#[tokio::test]
async fn a_connection_serves_several_requests_and_knows_its_client() {
    let server = Running::start(None, limits()).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.write_all(&request("/hello")).await.unwrap();
        assert!(
            read_until(&mut client, "hello")
                .await
                .starts_with("HTTP/1.1 200 OK\r\n")
        );
    }
    client.write_all(&request("/peer")).await.unwrap();
    let own_address = client.local_addr().unwrap().to_string();
    read_until(&mut client, &own_address).await;
    server.stopped().await;
}

#[tokio::test]
async fn slow_heads_and_idle_connections_are_cut() {
    let server = Running::start(
        None,
        Limits {
            request_head: SHORT,
            ..limits()
        },
    )
    .await;
    let begun = Instant::now();
    let mut silent = server.connect().await;
    let mut partial = server.connect().await;
    partial
        .write_all(b"GET /hello HTTP/1.1\r\nHost: te")
        .await
        .unwrap();
    let mut idle = server.connect().await;
    idle.write_all(&request("/hello")).await.unwrap();
    read_until(&mut idle, "hello").await;
    for client in [&mut silent, &mut partial, &mut idle] {
        read_to_end(client).await;
    }
    assert!(begun.elapsed() >= SHORT);

    // One byte at a time does not help.
    let mut trickle = server.connect().await;
    let begun = Instant::now();
    let mut byte = [0];
    while begun.elapsed() < LONG {
        if trickle.write_all(b"x").await.is_err() {
            break;
        }
        match timeout(SHORT / 10, trickle.read(&mut byte)).await {
            Err(_) => {}
            Ok(_) => break,
        }
    }
    assert!(begun.elapsed() < LONG);
    // A request that takes its time is not idle.
    let mut slow = server.connect().await;
    slow.write_all(&request("/slow")).await.unwrap();
    read_until(&mut slow, "done").await;
    server.stopped().await;
}

#[tokio::test]
async fn clients_that_take_no_answer_are_cut() {
    let server = Running::start(
        None,
        Limits {
            connections: 1,
            write_stall: SHORT,
            ..limits()
        },
    )
    .await;
    let mut stalled = server.connect().await;
    stalled.write_all(&request("/large")).await.unwrap();
    read_until(&mut stalled, "200 OK").await;
    let mut next = server.connect().await;
    next.write_all(&request("/hello")).await.unwrap();
    read_until(&mut next, "hello").await;
    assert!(read_to_end(&mut stalled).await.len() < 32 << 20);
    server.stopped().await;
}

#[tokio::test]
async fn clients_that_read_slowly_get_all() {
    let server = Running::start(
        None,
        Limits {
            write_stall: SHORT * 2,
            ..limits()
        },
    )
    .await;
    let mut client = server.connect().await;
    client.write_all(&request("/large")).await.unwrap();
    let (mut total, mut chunk) = (0, vec![0; 256 << 10]);
    let begun = Instant::now();
    while total < 32 << 20 {
        let count = timeout(LONG, client.read(&mut chunk))
            .await
            .unwrap()
            .unwrap();
        assert!(count > 0);
        total += count;
        if begun.elapsed() < SHORT * 3 {
            sleep(SHORT / 10).await;
        }
    }
    server.stopped().await;
}

#[tokio::test]
async fn too_many_connections_wait() {
    let server = Running::start(
        None,
        Limits {
            connections: 2,
            ..limits()
        },
    )
    .await;
    let mut first = server.connect().await;
    first.write_all(&request("/never")).await.unwrap();
    let mut second = server.connect().await;
    second.write_all(&request("/never")).await.unwrap();
    server.busy(2).await;

    let mut third = server.connect().await;
    third.write_all(&request("/hello")).await.unwrap();
    assert!(
        timeout(SHORT, third.read_u8()).await.is_err(),
        "the third connection was served"
    );
    drop(first);
    read_until(&mut third, "hello").await;
    drop(second);
    server.stopped().await;
}

#[tokio::test]
async fn one_address_has_its_number_of_connections() {
    let server = Running::start(
        None,
        Limits {
            connections_per_address: 2,
            ..limits()
        },
    )
    .await;
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    for client in [&mut first, &mut second] {
        client.write_all(&request("/hello")).await.unwrap();
        read_until(client, "hello").await;
    }
    let mut third = server.connect().await;
    let _ = third.write_all(&request("/hello")).await;
    assert!(read_to_end(&mut third).await.is_empty());
    // Those that are open are served, and a place that is left is free again.
    second.write_all(&request("/hello")).await.unwrap();
    read_until(&mut second, "hello").await;
    drop(first);
    for _ in 0..100 {
        let mut next = server.connect().await;
        let _ = next.write_all(&request("/hello")).await;
        if read_until_end_or(&mut next, "hello").await {
            return server.stopped().await;
        }
        sleep(SHORT / 20).await;
    }
    panic!("the place was not free again");
}

/// Whether the text arrived before the connection ended.
async fn read_until_end_or(stream: &mut TcpStream, text: &str) -> bool {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        match timeout(LONG, stream.read_buf(&mut read)).await.unwrap() {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
    }
    true
}

#[tokio::test]
async fn an_old_connection_ends_after_its_answer() {
    let server = Running::start(
        None,
        Limits {
            age: SHORT,
            ..limits()
        },
    )
    .await;
    let mut busy = server.connect().await;
    busy.write_all(&request("/slow")).await.unwrap();
    let mut idle = server.connect().await;
    idle.write_all(&request("/hello")).await.unwrap();
    read_until(&mut idle, "hello").await;
    assert!(read_to_end(&mut idle).await.is_empty());
    let answer = String::from_utf8(read_to_end(&mut busy).await).unwrap();
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("done"), "{answer}");
    server.stopped().await;
}

#[tokio::test]
async fn heads_have_their_size() {
    let server = Running::start(None, limits()).await;
    let status = async |headers: usize, uri: usize, value: usize| {
        let mut client = server.connect().await;
        let mut text = format!("GET /hello?{} HTTP/1.1\r\nHost: test\r\n", "x".repeat(uri));
        for number in 1..headers {
            text.push_str(&format!("x-{number}: {}\r\n", "v".repeat(value)));
        }
        client
            .write_all(format!("{text}\r\n").as_bytes())
            .await
            .unwrap();
        let answer = read_until(&mut client, "\r\n").await;
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(status(128, 0, 1).await, "200");
    assert_eq!(status(129, 0, 1).await, "431");
    assert_eq!(status(2, 60_000, 1).await, "200");
    assert_eq!(status(2, 0, 60_000).await, "200");

    // Far beyond the buffer nothing is answered, or 431 if the client still reads.
    let mut client = server.connect().await;
    let text = format!("GET /hello HTTP/1.1\r\nx: {}\r\n\r\n", "v".repeat(4 << 20));
    let _ = client.write_all(text.as_bytes()).await;
    let answer = String::from_utf8(read_to_end(&mut client).await).unwrap();
    assert!(answer.is_empty() || answer.contains(" 431 "), "{answer}");
    server.stopped().await;
}
