//! Idle connections make way when all are taken.

use std::net::Ipv4Addr;

use tokio::net::TcpSocket;

use super::*;

impl Running {
    /// A connection from 127.0.0.`last`.
    async fn connect_from(&self, last: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        let from = Ipv4Addr::new(127, 0, 0, last);
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        timeout(LONG, socket.connect(self.address))
            .await
            .unwrap()
            .unwrap()
    }

    /// The same, when it has been answered and is idle.
    async fn idle_from(&self, last: u8) -> TcpStream {
        let mut client = self.connect_from(last).await;
        ask(&mut client).await;
        client
    }
}

async fn ask(client: &mut TcpStream) {
    client.write_all(&request("/hello")).await.unwrap();
    read_until(client, "hello").await;
}

/// Of connections, whether each is closed, when at least `most` of them are.
async fn closed(clients: &mut [TcpStream], most: usize) -> Vec<bool> {
    let mut closed = vec![false; clients.len()];
    let found = async {
        while closed.iter().filter(|closed| **closed).count() < most {
            for (client, closed) in clients.iter_mut().zip(&mut closed) {
                // Nothing is sent to who has asked nothing.
                *closed |= matches!(client.try_read(&mut [0]), Ok(0))
                    || client
                        .try_read(&mut [0])
                        .is_err_and(|e| e.kind() != std::io::ErrorKind::WouldBlock);
            }
            sleep(SHORT / 100).await;
        }
    };
    timeout(LONG, found).await.unwrap();
    closed
}

async fn server(connections: usize) -> Running {
    let limits = Limits {
        connections,
        connections_per_address: connections / 4,
        ..limits()
    };
    Running::start(None, limits).await
}

#[tokio::test]
async fn four_addresses_that_hold_all_by_idling_keep_nobody_out() {
    let server = server(512).await;
    let mut held = Vec::new();
    for last in 1..=4 {
        for _ in 0..128 {
            held.push(server.connect_from(last).await);
        }
        // The listener accepts in turn: once this one is answered, those before it are there.
        ask(held.last_mut().unwrap()).await;
    }
    // A fifth connects and is answered, again and again.
    let mut fifth = Vec::new();
    for _ in 0..8 {
        fifth.push(server.idle_from(5).await);
    }
    let closed = closed(&mut held, 8).await;
    assert_eq!(closed.iter().filter(|closed| **closed).count(), 8);
    // Each of the four has lost as many as the others.
    for one in closed.chunks(128) {
        assert_eq!(one.iter().filter(|closed| **closed).count(), 2);
        assert!(one[0] && one[1], "the first have been idle longest");
    }
    for client in &mut fifth {
        ask(client).await;
    }
    drop((held, fifth));
    server.stopped().await;
}

#[tokio::test]
async fn slow_heads_make_way_and_requests_do_not() {
    let server = server(4).await;
    let mut busy = server.connect_from(1).await;
    busy.write_all(&request("/never")).await.unwrap();
    server.busy(1).await;
    let mut others = Vec::new();
    for last in [2, 3, 4] {
        let mut half = server.connect_from(last).await;
        half.write_all(b"GET /hello HTTP/1.1\r\nHost: te")
            .await
            .unwrap();
        others.push(half);
    }
    let mut newcomers = Vec::new();
    for last in [5, 6, 7] {
        newcomers.push(server.idle_from(last).await);
    }
    assert_eq!(closed(&mut others, 3).await, [true; 3]);
    assert!(
        busy.try_read(&mut [0])
            .is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock)
    );
    drop(busy);
    for client in &mut newcomers {
        ask(client).await;
    }
    drop((others, newcomers));
    server.stopped().await;
}

#[tokio::test]
async fn who_has_few_keeps_them_while_others_come_and_go() {
    let server = server(8).await;
    let mut few = server.idle_from(9).await;
    // Two addresses open one after the other, without end: they displace each other.
    let mut many = Vec::new();
    for round in 0..40 {
        many.push(server.connect_from(1 + round % 4).await);
    }
    ask(&mut few).await;
    drop(many);
    ask(&mut few).await;
    drop(few);
    server.stopped().await;
}
