//! What holds for every route.

use crate::support::Api;

#[tokio::test]
async fn starts_and_starts_again() {
    let api = Api::start().await;
    let before = api.succeed("GET", "/v3/projects", None).await;
    let api = api.restart().await;
    assert_eq!(api.succeed("GET", "/v3/projects", None).await, before);
}
