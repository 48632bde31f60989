//! How a listener ends.

use super::*;

#[tokio::test]
async fn shutdown_answers_open_requests_and_closes_idle_connections() {
    let server = Running::start(None, limits()).await;
    let mut idle = server.connect().await;
    idle.write_all(&request("/hello")).await.unwrap();
    read_until(&mut idle, "hello").await;
    let mut busy = server.connect().await;
    busy.write_all(&request("/slow")).await.unwrap();
    sleep(SHORT / 2).await;
    let address = server.address;
    let begun = Instant::now();
    server.stopped().await;
    assert!(
        begun.elapsed() < LONG / 2,
        "an idle connection was waited for"
    );
    let answer = read_until(&mut busy, "done").await;
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(read_to_end(&mut idle).await.is_empty());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn shutdown_cuts_requests_that_do_not_end() {
    let server = Running::start(
        None,
        Limits {
            drain: SHORT,
            ..limits()
        },
    )
    .await;
    let mut client = server.connect().await;
    client.write_all(&request("/never")).await.unwrap();
    server.busy(1).await;
    let begun = Instant::now();
    server.stopped().await;
    assert!(begun.elapsed() >= SHORT);
    assert!(read_to_end(&mut client).await.is_empty());
}

#[tokio::test]
async fn a_dropped_sender_stops_the_server() {
    let server = Running::start(None, limits()).await;
    drop(server.stop);
    timeout(LONG, server.served).await.unwrap().unwrap();
}

/// Whether an answer says that its connection is closed after it.
fn is_last(answer: &str) -> bool {
    answer
        .to_ascii_lowercase()
        .contains("\r\nconnection: close\r\n")
}

#[tokio::test]
async fn idle_connections_are_told_before_they_are_closed() {
    let notice = LONG / 2;
    let server = Running::start(None, Limits { notice, ..limits() }).await;
    let mut told = server.connect().await;
    told.write_all(&request("/hello")).await.unwrap();
    assert!(!is_last(&read_until(&mut told, "hello").await));
    let mut silent = server.connect().await;

    let begun = Instant::now();
    server.stop.send_replace(true);
    // Those that were there are answered, each with its last answer; so are those that come now.
    sleep(SHORT / 10).await;
    told.write_all(&request("/hello")).await.unwrap();
    let mut late = server.connect().await;
    late.write_all(&request("/hello")).await.unwrap();
    silent.write_all(&request("/slow")).await.unwrap();
    for client in [&mut told, &mut late] {
        let answer = String::from_utf8(read_to_end(client).await).unwrap();
        assert!(is_last(&answer) && answer.ends_with("hello"), "{answer}");
    }
    let answer = String::from_utf8(read_to_end(&mut silent).await).unwrap();
    assert!(is_last(&answer) && answer.ends_with("done"), "{answer}");
    // Nobody is left to be told: the rest of the notice is not waited for.
    timeout(LONG, server.served).await.unwrap().unwrap();
    assert!(begun.elapsed() < notice);
}

#[tokio::test]
async fn who_stays_idle_is_closed_after_the_notice() {
    let server = Running::start(None, limits()).await;
    let mut idle = server.connect().await;
    idle.write_all(&request("/hello")).await.unwrap();
    read_until(&mut idle, "hello").await;
    let mut partial = server.connect().await;
    partial
        .write_all(b"GET /hello HTTP/1.1\r\nHo")
        .await
        .unwrap();
    let begun = Instant::now();
    server.stopped().await;
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    for client in [&mut idle, &mut partial] {
        assert!(read_to_end(client).await.is_empty());
    }
}

#[tokio::test]
async fn with_nobody_there_a_listener_ends_at_once() {
    let notice = LONG / 2;
    let server = Running::start(None, Limits { notice, ..limits() }).await;
    let begun = Instant::now();
    server.stopped().await;
    assert!(begun.elapsed() < notice);
}
