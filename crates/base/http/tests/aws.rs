//! Keys for AWS from each place that may have them, asked of a server that plays all of them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use config::{HttpConfig, Secret, SigV4};
use http_client::Client;
use http_client::aws::{AwsError, Keys};

/// Requests as they came: the first line, headers in lower case, and the body.
type Seen = Arc<Mutex<Vec<String>>>;

/// Answers what the machine, a container's agent and STS would.
fn server(ends: &'static str) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut text, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() < 3 {
                    break;
                }
                let lower = line.to_ascii_lowercase();
                if let Some(given) = lower.strip_prefix("content-length:") {
                    length = given.trim().parse().unwrap();
                }
                text += if text.is_empty() { &line } else { &lower };
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            text += &String::from_utf8(body).unwrap();
            let answer = answer(&text, ends);
            noted.lock().unwrap().push(text);
            let status = if answer.is_empty() { 404 } else { 200 };
            let length = answer.len();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
            )
            .unwrap();
        }
    });
    (url, seen)
}

fn answer(asked: &str, ends: &str) -> String {
    let json = |key: &str| {
        format!(
            "{{\"AccessKeyId\":\"{key}\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"{ends}\"}}"
        )
    };
    let path = asked.split(' ').nth(1).unwrap();
    match path {
        "/latest/api/token" if asked.starts_with("PUT") => "machine's token".to_owned(),
        "/latest/meta-data/iam/security-credentials/" => "my-role\n".to_owned(),
        "/latest/meta-data/iam/security-credentials/my-role" => json("MACHINE"),
        "/latest/meta-data/placement/region" if asked.contains("machine's token") => {
            "eu-north-1\n".to_owned()
        }
        "/container" => json("CONTAINER"),
        "/sts/" => format!(
            "<R><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{ends}</Expiration></R>"
        ),
        _ => String::new(),
    }
}

fn login() -> SigV4 {
    SigV4 {
        region: "eu-west-1".to_owned(),
        ..SigV4::default()
    }
}

fn keys(login: SigV4, environment: &[(&str, &str)]) -> Keys {
    let environment: HashMap<String, String> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Keys::within(login, move |name| environment.get(name).cloned())
}

async fn found(keys: &Keys) -> Result<(String, Option<String>), AwsError> {
    let far = Client::new(&HttpConfig::default()).unwrap();
    let found = keys.get(&far).await?;
    Ok((found.access_key, found.session_token))
}

const LATER: &str = "2099-01-01T00:00:00Z";

#[tokio::test]
async fn each_place_has_its_turn() {
    let (url, _) = server(LATER);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let shared = file(
        "credentials",
        "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n",
    );
    let (token, container) = (file("token", "pod\n"), format!("{url}/container"));
    let sts = format!("{url}/sts/");
    // Each line takes the first place away.
    let places = [
        ("AWS_ACCESS_KEY_ID", "ENV", "ENV"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &token, "ROLE"),
        ("AWS_SHARED_CREDENTIALS_FILE", &shared, "FILE"),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            &container,
            "CONTAINER",
        ),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url, "MACHINE"),
    ];
    for first in 0..places.len() {
        let mut environment = vec![
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_ROLE_ARN", "arn:pod"),
            ("AWS_ENDPOINT_URL_STS", &sts),
        ];
        let left = places[first..].iter();
        environment.extend(left.map(|(name, value, _)| (*name, *value)));
        let (key, _) = found(&keys(login(), &environment)).await.unwrap();
        assert_eq!(key, places[first].2);
    }
    // What the configuration says goes before all.
    let mut own = login();
    own.access_key = "OWN".to_owned();
    own.secret_key = Secret::new("s");
    let environment = [("AWS_ACCESS_KEY_ID", "ENV")];
    let own = found(&keys(own, &environment)).await.unwrap();
    assert_eq!(own, ("OWN".to_owned(), None));
}

#[tokio::test]
async fn a_role_is_taken_on_with_the_keys_that_were_found() {
    let (url, seen) = server(LATER);
    let mut login = login();
    login.role_arn = "arn:role".to_owned();
    login.external_id = "ex".to_owned();
    let sts = format!("{url}/sts/");
    let environment = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str()),
        ("AWS_ENDPOINT_URL_STS", &sts),
    ];
    let keys = keys(login, &environment);
    for _ in 0..2 {
        let role = ("ROLE".to_owned(), Some("t".to_owned()));
        assert_eq!(found(&keys).await.unwrap(), role);
    }
    let seen = seen.lock().unwrap();
    // The second time nobody is asked: the keys last.
    assert_eq!(seen.len(), 4, "{seen:#?}");
    assert!(seen[1].contains("x-aws-ec2-metadata-token: machine's token"));
    let asked = &seen[3];
    assert!(asked.contains("credential=machine/"), "{asked}");
    assert!(asked.contains("x-amz-security-token: t"), "{asked}");
    assert!(
        asked.ends_with("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Arole&RoleSessionName=argand&DurationSeconds=900&ExternalId=ex"),
        "{asked}"
    );
}

#[tokio::test]
async fn keys_that_are_about_to_end_are_asked_for_again() {
    let (url, seen) = server("2020-01-01T00:00:00Z");
    let environment = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str())];
    let keys = keys(login(), &environment);
    found(&keys).await.unwrap();
    let once = seen.lock().unwrap().len();
    found(&keys).await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), 2 * once);
}

#[tokio::test]
async fn the_machine_knows_the_region() {
    let (url, _) = server(LATER);
    let endpoint = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str());
    for (login, environment, want) in [
        (login(), vec![endpoint], "eu-west-1"),
        (
            SigV4::default(),
            vec![endpoint, ("AWS_REGION", "us-east-1")],
            "us-east-1",
        ),
        (SigV4::default(), vec![endpoint], "eu-north-1"),
    ] {
        let found = keys(login, &environment).find_region().await;
        assert_eq!(found.unwrap(), want);
    }
    let nowhere = [("AWS_EC2_METADATA_DISABLED", "true")];
    let error = keys(SigV4::default(), &nowhere).find_region().await;
    assert!(matches!(error, Err(AwsError::None(_))), "{error:?}");
}

#[tokio::test]
async fn nobody_has_any() {
    let (url, _) = server(LATER);
    let refused = format!("{url}/nowhere");
    for (environment, may_pass, part) in [
        (
            [("AWS_EC2_METADATA_DISABLED", "true")],
            false,
            "no AWS credentials",
        ),
        (
            [("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")],
            false,
            "no AWS credentials",
        ),
        (
            [("AWS_CONTAINER_CREDENTIALS_FULL_URI", refused.as_str())],
            false,
            "404",
        ),
        (
            [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/")],
            false,
            "no URL",
        ),
        (
            [("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")],
            false,
            "/nowhere",
        ),
    ] {
        let error = found(&keys(login(), &environment)).await.unwrap_err();
        assert_eq!(error.may_pass(), may_pass, "{error}");
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}
