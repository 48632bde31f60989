//! Wrong old passwords, `POST /v3/users/{user_id}/password`: whom they keep waiting, and nobody else.

use super::*;

const NEW: &str = "Another-Pass-2026";

/// A change of the caller's own password, over a connection from `peer`.
fn change(peer: &str, user: &User, original: &str, new: &str) -> Request<Body> {
    let body = json!({ "user": { "original_password": original, "password": new } });
    let request = Request::post(format!("/v3/users/{}/password", user.id))
        .header("x-auth-token", &user.token)
        .body(Body::from(body.to_string()));
    from(peer, request.unwrap())
}

impl Api {
    /// The user with a token that is limited to no project, since others change no password.
    async fn unlimited(&self, user: User) -> User {
        let token = self
            .account_token(&user.domain_name, &user.name, PASSWORD)
            .await;
        User { token, ..user }
    }

    /// Has a user try wrong old passwords until they have to wait.
    async fn exhaust(&self, peer: &str, user: &User) {
        for _ in 0..5 {
            assert_eq!(self.status(change(peer, user, "wrong one", NEW)).await, 400);
        }
        let response = self.send(change(peer, user, "wrong one", NEW)).await;
        assert_eq!(retry_after(&response), Some(2), "{}", user.name);
        assert_eq!(response.status(), 429);
    }
}

#[tokio::test]
async fn a_dozen_users_of_one_account_lock_nobody_else() {
    let api = Api::start().await;
    let stranger = api.unlimited(api.other_account().await).await;
    let anne = api.unlimited(api.user_with("anne", &[]).await).await;
    let bert = api.unlimited(api.user_with("bert", &[]).await).await;
    for number in 0..12 {
        let user = api
            .unlimited(api.user_with(&format!("user-{number}"), &[]).await)
            .await;
        api.exhaust(HERE, &user).await;
    }
    // Neither of another account nor of theirs, here nor elsewhere; logins go on too.
    assert_eq!(api.status(login(HERE, &stranger, PASSWORD)).await, 201);
    assert_eq!(
        api.status(change(HERE, &stranger, PASSWORD, NEW)).await,
        204
    );
    assert_eq!(api.status(change(THERE, &anne, PASSWORD, NEW)).await, 204);
    assert_eq!(api.status(change(HERE, &bert, PASSWORD, NEW)).await, 204);
    // Nor where addresses are not known, which count as one.
    let bert = User {
        token: api
            .account_token(&bert.domain_name, "bert", NEW)
            .await
            .to_owned(),
        ..bert
    };
    let mut request = change(HERE, &bert, NEW, PASSWORD);
    request.extensions_mut().clear();
    assert_eq!(api.status(request).await, 204);
}

#[tokio::test]
async fn who_tries_old_passwords_waits_at_that_address_for_that_user() {
    let api = Api::start().await;
    let anne = api.unlimited(api.user_with("anne", &[]).await).await;
    api.exhaust(HERE, &anne).await;
    // Not even the right one is looked at; and a login there is the same secret.
    assert_eq!(api.status(change(HERE, &anne, PASSWORD, NEW)).await, 429);
    assert_eq!(api.status(login(HERE, &anne, PASSWORD)).await, 429);
    // A user of the same name in another account is another one.
    let namesake = User {
        domain_name: api.other_account().await.domain_name,
        ..api.user_with("template", &[]).await
    };
    let namesake = User {
        name: "anne".to_owned(),
        ..namesake
    };
    assert_eq!(api.status(login(HERE, &namesake, "any")).await, 401);
    api.clock.advance_ms(2_000);
    assert_eq!(api.status(change(HERE, &anne, "wrong one", NEW)).await, 400);
    let response = api.send(change(HERE, &anne, PASSWORD, NEW)).await;
    assert_eq!(retry_after(&response), Some(4), "later and later");
    assert_eq!(api.status(change(THERE, &anne, PASSWORD, NEW)).await, 204);
}

#[tokio::test]
async fn who_guesses_names_keeps_no_user_from_another_password() {
    let api = Api::start().await;
    let anne = api.unlimited(api.user_with("anne", &[]).await).await;
    for number in 0..12 {
        let nobody = User {
            name: format!("nobody-{number}"),
            ..api.other_account().await
        };
        for _ in 0..5 {
            api.status(login(HERE, &nobody, "wrong")).await;
        }
    }
    assert_eq!(api.status(login(HERE, &anne, PASSWORD)).await, 429);
    assert_eq!(api.status(change(HERE, &anne, PASSWORD, NEW)).await, 204);
}

#[tokio::test]
async fn old_passwords_that_come_at_once_are_counted_one_by_one() {
    let api = Api::start().await;
    let anne = api.unlimited(api.user_with("anne", &[]).await).await;
    five_of_twelve_are_looked_at(&api, 400, || change(HERE, &anne, "wrong one", NEW)).await;
}
