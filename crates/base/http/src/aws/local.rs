//! Keys in the environment and in the shared credentials file.

use std::path::PathBuf;

use config::SecretSource;

use super::{AwsError, Credentials, Environment};
use crate::secret;

pub(super) fn of_environment(environment: &Environment) -> Option<Credentials> {
    Some(Credentials {
        access_key: environment("AWS_ACCESS_KEY_ID")?,
        secret_key: environment("AWS_SECRET_ACCESS_KEY")?,
        session_token: environment("AWS_SESSION_TOKEN"),
    })
}

/// The keys of a profile of the shared file; `None` where there is no such file and nobody has
/// named it or the profile.
pub(super) fn of_file(
    environment: &Environment,
    profile: &str,
) -> Result<Option<Credentials>, AwsError> {
    let named = environment("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let usual = || environment("HOME").map(|home| PathBuf::from(home).join(".aws/credentials"));
    let wanted = named.is_some() || !profile.is_empty();
    let Some(path) = named.or_else(usual) else {
        return Ok(None);
    };
    if !wanted && !path.exists() {
        return Ok(None);
    }
    let profile = Some(profile.to_owned())
        .filter(|profile| !profile.is_empty())
        .or_else(|| environment("AWS_PROFILE"))
        .unwrap_or_else(|| "default".to_owned());
    let source = SecretSource::File(path.clone());
    let text = secret::read(&source, "shared credentials file");
    let text = text.map_err(|error| AwsError::None(error.to_string()))?;
    match of_profile(&text, &profile) {
        Some(found) => Ok(Some(found)),
        None if wanted => {
            let path = path.display().to_string();
            Err(AwsError::Profile { path, profile })
        }
        None => Ok(None),
    }
}

/// The keys of one profile of a shared credentials file.
fn of_profile(text: &str, profile: &str) -> Option<Credentials> {
    let mut within = false;
    let (mut access_key, mut secret_key, mut session_token) = (None, None, None);
    for line in text.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            within = name.trim() == profile;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| within) {
            let value = Some(value.trim().to_owned());
            match key.trim() {
                "aws_access_key_id" => access_key = value,
                "aws_secret_access_key" => secret_key = value,
                "aws_session_token" => session_token = value,
                _ => {}
            }
        }
    }
    Some(Credentials {
        access_key: access_key?,
        secret_key: secret_key?,
        session_token,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_profile() {
        let text = "[default]\naws_access_key_id = A\naws_secret_access_key=B\n\n[other]\n\
                    aws_access_key_id=C\naws_secret_access_key = D=\naws_session_token = E\n";
        let found = |profile: &str| {
            let keys = of_profile(text, profile)?;
            Some((keys.access_key, keys.secret_key, keys.session_token))
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(found("default"), Some((text("A"), text("B"), None)));
        assert_eq!(
            found("other"),
            Some((text("C"), text("D="), Some(text("E"))))
        );
        assert_eq!(found("none"), None);
    }
}
