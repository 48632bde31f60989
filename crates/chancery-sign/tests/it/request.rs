//! A request as the tests hold it.

use chancery_sign::{Algorithm, Authorization, Field, RequestParts, SignatureFault, prepare};

/// Header names are in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn with_parts<T>(&self, work: impl FnOnce(&RequestParts<'_>) -> T) -> T {
        let headers = |name: &str| {
            Field::of(
                self.headers
                    .iter()
                    .filter(|(n, _)| n == name)
                    .map(|(_, v)| v.as_bytes()),
            )
        };
        work(&RequestParts {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
        })
    }

    /// What a server does with the request.
    pub(crate) fn verify(&self, secret: &[u8], now_ms: i64) -> Result<(), SignatureFault> {
        let authorization = Authorization::parse(self.header("authorization").unwrap())?;
        let prepared = self.with_parts(|parts| prepare(parts, &authorization, now_ms))?;
        prepared.verify(secret, &self.body)
    }
}

/// What the Python SDK signed the example with.
pub(crate) fn example_signature(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::SdkHmacSha256 => {
            "3ef243079be18a91122b3f3a7c3fad23385a19ed0533b5334411c2651dbb3da9"
        }
        Algorithm::SdkHmacSm3 => "299aeda24fd3e9864f102c5f249d6acc89624d3efb44f11726ed5fc180ed83e4",
        Algorithm::SdkSm2Sm3 => {
            "3046022100e592655bed338c65a643b1c6a9690a7a8046fad3c49673297649cbd3cd0f8e1e\
             0221009111a858a1ec09f7cca24d157535967b23295128140aaed607029feae338d33c"
        }
        Algorithm::SdkEcdsaP256Sha256 => {
            "3045022100c1f5cf2109a7b9768709fd6eb8a5b8ea76526b01ab2a5eab2a0f272c5815cd85\
             0220702562e0bb89abb3e12ede52def46972e8ca31d0c65736c6e8dea4b518510395"
        }
        Algorithm::V11HmacSha256 => {
            "97d04b6644015b9e8e97e16039673b2005652db7cb3526a6e0c663fa5a5cf80b"
        }
    }
}

/// The request of the documented example: time of signing 2026-01-01 00:00:00 UTC.
pub(crate) fn example() -> Request {
    example_of(Algorithm::SdkHmacSha256)
}

/// What says who signed the example.
pub(crate) fn example_key(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::V11HmacSha256 => "Credential=AKEXAMPLE0123456789/20260101/cn-north-4/ccm",
        _ => "Access=AKEXAMPLE0123456789",
    }
}

/// The same, signed with another algorithm.
pub(crate) fn example_of(algorithm: Algorithm) -> Request {
    let authorization = format!(
        "{} {}, \
         SignedHeaders=content-type;host;user-agent;x-domain-id;x-sdk-date, Signature={}",
        algorithm.name(),
        example_key(algorithm),
        example_signature(algorithm),
    );
    let headers = [
        ("content-type", "application/json"),
        ("host", "127.0.0.1:8080"),
        ("user-agent", "t"),
        ("x-domain-id", "d78cbac186b744899480f25bd022f468"),
        ("x-sdk-date", "20260101T000000Z"),
        ("authorization", &authorization),
    ];
    Request {
        method: "POST".to_owned(),
        path: "/v1/private-certificates/6434f74f-2d13-4e6a-89eb-93ee313f1a43/export".to_owned(),
        query: "limit=10&name=a%20b%2F%E4%B8%AD".to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: br#"{"type":"other","is_compressed":"false"}"#.to_vec(),
    }
}

pub(crate) const EXAMPLE_SECRET: &[u8] = b"SKexampleSKexampleSKexampleSKexample0123";
pub(crate) const EXAMPLE_TIME_MS: i64 = 1_767_225_600_000;
