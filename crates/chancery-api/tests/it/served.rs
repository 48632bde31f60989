//! A desk that listens: for what is seen over connections only, and clients of several addresses.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chancery_core::Settings;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::support::Api;

pub(crate) const HOME: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A desk that listens.
pub(crate) struct Served {
    pub(crate) api: Arc<Api>,
    at: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A request that was sent over a connection of its own; dropped, the client hangs up.
pub(crate) struct Sent(TcpStream);

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    /// Null where it is no JSON.
    pub(crate) body: Value,
}

impl Served {
    pub(crate) async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let api = Arc::new(Api::start_with(change).await);
        let listener = TcpListener::bind((HOME, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let service = api.router.clone();
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { api, at, server }
    }

    pub(crate) async fn send(&self, from: Ipv4Addr, path: &str, token: &str, body: &Value) -> Sent {
        let call = ("POST", path);
        self.send_with(from, call, token, &body.to_string()).await
    }

    pub(crate) async fn send_with(
        &self,
        from: Ipv4Addr,
        (method, path): (&str, &str),
        token: &str,
        body: &str,
    ) -> Sent {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let mut stream = socket.connect(self.at).await.unwrap();
        let host = self.at;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nx-auth-token: {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Sent(stream)
    }

    pub(crate) async fn call(&self, path: &str, token: &str, body: Value) -> Answer {
        self.send(HOME, path, token, &body).await.answer().await
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Api) -> bool) {
        for _ in 0..6_000 {
            if holds(&self.api) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("not within half a minute: {what}");
    }
}

impl Sent {
    pub(crate) async fn answer(mut self) -> Answer {
        let mut text = String::new();
        let all = self.0.read_to_string(&mut text);
        let patience = Duration::from_secs(60);
        tokio::time::timeout(patience, all).await.unwrap().unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_ascii_lowercase(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        }
    }
}
