//! Passwords against bcrypt hashes.

use std::collections::HashMap;

use config::Secret;
use parking_lot::Mutex;
use ring::digest::{self, SHA256};
use tokio::sync::Semaphore;

/// Comparisons at once: each takes a core for some 70 ms at the usual cost, and wrong passwords
/// must not take all of them.
const AT_ONCE: usize = 1;

/// Requests that may wait for a comparison; more are turned away at once.
const WAITING: usize = 64;

/// The hash of a password nobody has, of the usual cost: an unknown user's answer takes as long as
/// a known one's.
const NOBODY: &str = "$2b$10$CwTycUXWue0Thq9StjUM0uJ8Jd8VbVvLmJf1GfC2wVhHhUhZ5bZqK";

/// What came of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Right,
    Wrong,
    /// Too many others wait.
    Busy,
}

/// Compares, and remembers what was right.
#[derive(Debug)]
pub(crate) struct Passwords {
    /// Of each user, a digest of the hash and the password that fitted last: one entry a user of
    /// the file.
    right: Mutex<HashMap<String, [u8; 32]>>,
    /// Makes the digests above useless outside this process.
    salt: [u8; 32],
    places: Semaphore,
    waiting: Semaphore,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let mut salt = [0; 32];
        let random = ring::rand::SystemRandom::new();
        // Without randomness the salt is known, and what is remembered never leaves this process.
        let _ = ring::rand::SecureRandom::fill(&random, &mut salt);
        Self {
            right: Mutex::default(),
            salt,
            places: Semaphore::new(AT_ONCE),
            waiting: Semaphore::new(WAITING),
        }
    }

    /// Whether a password fits a user's hash; `None` is the hash of somebody unknown.
    pub(crate) async fn check(&self, user: &str, password: &str, hash: Option<&Secret>) -> Outcome {
        let text = hash.map_or(NOBODY, Secret::expose).to_owned();
        let digest = self.digest(&text, password);
        if hash.is_some() && self.right.lock().get(user) == Some(&digest) {
            return Outcome::Right;
        }
        let Ok(_waiting) = self.waiting.try_acquire() else {
            return Outcome::Busy;
        };
        let Ok(_place) = self.places.acquire().await else {
            return Outcome::Busy;
        };
        let given = password.to_owned();
        let compare = move || bcrypt::verify(given, &text).unwrap_or(false);
        let fits = tokio::task::spawn_blocking(compare).await.unwrap_or(false);
        if hash.is_none() || !fits {
            return Outcome::Wrong;
        }
        self.right.lock().insert(user.to_owned(), digest);
        Outcome::Right
    }

    /// Forgets everybody whom `is_known` does not know.
    pub(crate) fn retain(&self, is_known: impl Fn(&str) -> bool) {
        self.right.lock().retain(|user, _| is_known(user));
    }

    fn digest(&self, hash: &str, password: &str) -> [u8; 32] {
        let mut context = digest::Context::new(&SHA256);
        context.update(&self.salt);
        context.update(hash.as_bytes());
        context.update(password.as_bytes());
        sha256(context.finish())
    }
}

/// The bytes of a SHA-256 digest.
pub(crate) fn sha256(digest: digest::Digest) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn passwords_fit_their_hash_alone() {
        let passwords = Passwords::new();
        // The lowest cost, since the test compares often.
        let hash = Secret::new(bcrypt::hash("right", 4).expect("a hash"));
        let other = Secret::new(bcrypt::hash("new", 4).expect("a hash"));
        for _ in 0..2 {
            let right = passwords.check("ann", "right", Some(&hash)).await;
            assert_eq!(right, Outcome::Right);
            let wrong = passwords.check("ann", "wrong", Some(&hash)).await;
            assert_eq!(wrong, Outcome::Wrong);
        }
        // What is remembered goes with the hash.
        let stale = passwords.check("ann", "right", Some(&other)).await;
        assert_eq!(stale, Outcome::Wrong);
        assert_eq!(passwords.check("bob", "right", None).await, Outcome::Wrong);
        assert_eq!(passwords.right.lock().len(), 1);
        passwords.retain(|_| false);
        assert!(passwords.right.lock().is_empty());
    }

    #[test]
    fn nobodys_hash_is_one() {
        assert!(matches!(bcrypt::verify("x", NOBODY), Ok(false)));
    }
}
