//! Tokens that are exchanged for others, `POST /v3/auth/tokens`: they count for their user, and leave
//! nothing behind that could push a lock out.

use super::*;

/// An exchange of a token, over a connection from `peer`.
fn exchange(peer: &str, token: &str) -> Request<Body> {
    let body =
        json!({ "auth": { "identity": { "methods": ["token"], "token": { "id": token } } } });
    let request = Request::post("/v3/auth/tokens").body(Body::from(body.to_string()));
    from(peer, request.unwrap())
}

#[tokio::test]
async fn exchanges_count_for_the_user_as_requests_do() {
    let api = Api::start().await;
    let (user, ak, sk) = api.user_with_key("busy").await;
    let (ak, sk) = (ak.as_str(), sk.as_str());
    let other = api.user_with("other", &[]).await;
    let token = |user: &User| {
        let (domain, name) = (user.domain_name.clone(), user.name.clone());
        let api = &api;
        async move { api.account_token(&domain, &name, PASSWORD).await }
    };
    let (mine, others) = (token(&user).await, token(&other).await);
    let api = api
        .restart_with(|settings| settings.requests_per_user = 1)
        .await;
    // Four seconds' worth at once, of each kind one.
    for peer in [HERE, THERE] {
        assert_eq!(api.status(exchange(peer, &mine)).await, 201);
    }
    assert_eq!(api.status(key_login(HERE, ak, sk)).await, 201);
    assert_eq!(api.status(from(HERE, get(CAS, Some(&mine)))).await, 200);
    for request in [
        exchange(HERE, &mine),
        exchange(THERE, &mine),
        key_login(HERE, ak, sk),
    ] {
        let response = api.send(request).await;
        assert_eq!(retry_after(&response), Some(1));
        let (status, answer) = read(response).await;
        assert_eq!(status.as_u16(), 429);
        assert_eq!(answer["error"]["code"], "IAM.0012");
        let text = answer["error"]["message"].as_str().unwrap();
        assert!(text.contains("policy user over"), "{text}");
    }
    assert_eq!(api.status(from(HERE, get(CAS, Some(&mine)))).await, 429);
    assert_eq!(api.status(exchange(HERE, &others)).await, 201);
    // Wrong ones take nothing from the user, and the password still opens.
    assert_eq!(api.status(key_login(HERE, ak, "wrong")).await, 401);
    assert_eq!(api.status(login(HERE, &user, PASSWORD)).await, 201);
    api.clock.advance_ms(1_000);
    assert_eq!(api.status(exchange(HERE, &mine)).await, 201);
}

#[tokio::test]
async fn exchanges_wash_no_lock_away() {
    let none = |settings: &mut Settings| {
        settings.requests_per_address = 0;
        settings.requests_per_user = 0;
    };
    let api = desk(none).await;
    let user = api.user_with("anne", &[]).await;
    for _ in 0..5 {
        assert_eq!(api.status(login(HERE, &user, "wrong password")).await, 401);
    }
    assert_eq!(api.status(login(HERE, &user, PASSWORD)).await, 429);
    let mut token = api
        .account_token(&api.domain_name, &api.user_name, &api.password)
        .await;
    let before = api.desk.remembered_tries();
    for _ in 0..200 {
        let response = api.send(exchange(HERE, &token)).await;
        assert_eq!(response.status(), 201);
        let next = response.headers()["x-subject-token"].to_str().unwrap();
        assert_eq!(
            api.status(from(HERE, get("/v3/auth/domains", Some(next))))
                .await,
            200
        );
        token = next.to_owned();
    }
    assert_eq!(api.desk.remembered_tries(), before, "they leave no entry");
    assert_eq!(api.status(login(HERE, &user, PASSWORD)).await, 429);
    api.clock.advance_ms(2_000);
    assert_eq!(api.status(login(HERE, &user, PASSWORD)).await, 201);
}

#[tokio::test]
async fn a_right_token_goes_through_where_others_guess() {
    let api = Api::start().await;
    let token = api
        .account_token(&api.domain_name, &api.user_name, &api.password)
        .await;
    for number in 0..50 {
        let guess = format!("guess-{number}");
        assert_eq!(api.status(exchange(HERE, &guess)).await, 401);
    }
    let response = api.send(exchange(HERE, "another guess")).await;
    assert_eq!(response.status(), 429);
    assert_eq!(retry_after(&response), Some(2));
    assert_eq!(api.status(exchange(HERE, &token)).await, 201);
}
