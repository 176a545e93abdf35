//! Who asks, and whether they may.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{Role, Roles, WebConfig};
use http::{HeaderMap, header};
use ring::digest;

use crate::password::{Outcome, Passwords, sha256};

/// Who a request comes from: an extension of every request that was let in by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(pub String);

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody known.
    Unknown,
    /// Known, without this role.
    Lacking(Role),
    /// Too many passwords wait to be compared.
    Busy,
}

/// Lets a request in under a name, or without one where nobody needs to have one.
pub(crate) async fn admit(
    web: &WebConfig,
    passwords: &Passwords,
    headers: &HeaderMap,
    need: Role,
) -> Result<Option<Caller>, Refusal> {
    if !web.has_users() {
        return Ok(None);
    }
    let (name, roles) = identify(web, passwords, headers).await?;
    if !roles.include(need) {
        return Err(Refusal::Lacking(need));
    }
    Ok(Some(Caller(name)))
}

async fn identify(
    web: &WebConfig,
    passwords: &Passwords,
    headers: &HeaderMap,
) -> Result<(String, Roles), Refusal> {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok());
    let (scheme, credentials) = given
        .and_then(|given| given.trim().split_once(' '))
        .ok_or(Refusal::Unknown)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return bearer(web, credentials.trim()).ok_or(Refusal::Unknown);
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Refusal::Unknown);
    }
    let (name, password) = basic(credentials.trim()).ok_or(Refusal::Unknown)?;
    let user = web.users.get(&name);
    let outcome = passwords.check(&name, &password, user.map(|user| &user.hash));
    match (outcome.await, user) {
        (Outcome::Right, Some(user)) => Ok((name, user.roles)),
        (Outcome::Busy, _) => Err(Refusal::Busy),
        _ => Err(Refusal::Unknown),
    }
}

fn basic(credentials: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

fn bearer(web: &WebConfig, token: &str) -> Option<(String, Roles)> {
    let hash = sha256(digest::digest(&digest::SHA256, token.as_bytes()));
    // Digests of what a guesser cannot steer: how far two agree tells nothing.
    let found = web.tokens.iter().find(|known| known.sha256 == hash)?;
    Some((found.name.clone(), found.roles))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn web() -> WebConfig {
        let hash = bcrypt::hash("secret:1", 4).expect("a hash");
        let token = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"; // "secret"
        let text = format!(
            "basic_auth_users: {{ann: {hash}, bob: {hash}}}\n\
             user_roles: {{ann: [admin]}}\n\
             bearer_tokens: [{{name: ci, sha256: {token}, roles: [write]}}]\n"
        );
        config::parse_web(&text, Path::new("web.yml")).expect("a good file")
    }

    #[tokio::test]
    async fn who_comes_in_with_what() {
        use Refusal::{Lacking, Unknown};
        let (web, passwords) = (web(), Passwords::new());
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let table: [(String, Role, Result<&str, Refusal>); 13] = [
            (basic("ann:secret:1"), Role::Admin, Ok("ann")),
            (basic("ann:secret:1"), Role::Read, Ok("ann")),
            (basic("ann:secret"), Role::Read, Err(Unknown)),
            (basic("ann"), Role::Read, Err(Unknown)),
            (basic("eve:secret:1"), Role::Read, Err(Unknown)),
            (basic("bob:secret:1"), Role::Read, Ok("bob")),
            (
                basic("bob:secret:1"),
                Role::Write,
                Err(Lacking(Role::Write)),
            ),
            ("bearer secret".to_owned(), Role::Write, Ok("ci")),
            (
                "Bearer secret".to_owned(),
                Role::Read,
                Err(Lacking(Role::Read)),
            ),
            ("Bearer Secret".to_owned(), Role::Write, Err(Unknown)),
            ("Digest secret".to_owned(), Role::Read, Err(Unknown)),
            ("Basic %%%".to_owned(), Role::Read, Err(Unknown)),
            (String::new(), Role::Read, Err(Unknown)),
        ];
        for (given, need, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, given.parse().expect("a header"));
            let got = admit(&web, &passwords, &headers, need).await;
            let expected = expected.map(|name| Some(Caller(name.to_owned())));
            assert_eq!(got, expected, "{given} {need:?}");
        }
        let nothing = admit(&web, &passwords, &HeaderMap::new(), Role::Read).await;
        assert_eq!(nothing, Err(Unknown));
        let open = WebConfig::default();
        let anybody = admit(&open, &passwords, &HeaderMap::new(), Role::Admin).await;
        assert_eq!(anybody, Ok(None));
    }
}
