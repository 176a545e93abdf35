//! A file that is an `http_config` section and nothing else: what the tools are given to reach a
//! server with (`--http.config.file`).

use std::path::Path;

use crate::build::http::http;
use crate::load::{folder_of, read_file};
use crate::schema::Section;
use crate::sections::http::{FIELDS, check};
use crate::{ConfigError, HttpConfig, read, yaml};

static HTTP_FILE: Section = Section::new(&[FIELDS], &[check]);

/// Reads and checks a file of HTTP settings; paths in it are relative to its folder.
pub fn load_http(path: &Path) -> Result<HttpConfig, ConfigError> {
    let text = read_file(path)?;
    let document = yaml::parse(&text)
        .and_then(|root| read::document(&HTTP_FILE, &root, folder_of(path)))
        .and_then(|section| http(&section));
    document.map_err(|fault| fault.within(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_section() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("http.yml");
        let load = |text: &str| {
            std::fs::write(&path, text).expect("a file");
            load_http(&path).map_err(|error| error.to_string())
        };
        let http = load("basic_auth: {username: me, password_file: word}\n").expect("a good file");
        let auth = http.basic_auth.expect("a user");
        let word = crate::SecretSource::File(folder.path().join("word"));
        assert_eq!(auth.password, Some(word));
        let error = load("bearer_token: a\nbearer_token_file: b\n").expect_err("two tokens");
        assert!(error.contains("bearer_token"), "{error}");
        assert!(load("what: 1").is_err());
    }
}
