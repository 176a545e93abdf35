//! Alertmanager's API v2 over a real routing stage: codes, words and JSON.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

use std::path::Path;
use std::sync::Arc;

use api::{AlertmanagerFace, alertmanager_routes};
use axum::body::Body;
use axum::http::{Request, header};
use contract::SystemClock;
use http_body_util::BodyExt;
use routing::{Options, Receivers, Routing};
use serde_json::{Value, json};
use tower::ServiceExt;

const CONFIG: &str = "
route:
  receiver: all
  group_by: [alertname]
  routes:
    - {matchers: ['severity=\"critical\"'], receiver: pager}
receivers:
  - {name: all}
  - {name: pager}
";

struct Server {
    router: axum::Router,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config::alertmanager::parse(CONFIG, Path::new("a.yml"), None).unwrap();
        let options = Options::new(folder.path().to_owned());
        let clock = Arc::new(SystemClock);
        let routing = Routing::start(&config, Receivers::new(), &options, clock).unwrap();
        let face = AlertmanagerFace {
            routing,
            version: "1.2.3",
        };
        Self {
            router: alertmanager_routes(&Arc::new(face)),
            _folder: folder,
        }
    }

    /// Status and body.
    async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn json(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, "").await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

/// A silence of alerts named A, with fields put over it or, where null, taken out of it.
fn silence(changes: &Value) -> String {
    let mut silence = json!({
        "matchers": [{"name": "alertname", "value": "A", "isRegex": false}],
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": "2100-01-01T00:00:00Z",
        "createdBy": "me",
        "comment": "work",
    });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            silence.as_object_mut().unwrap().remove(name);
        } else {
            silence[name] = value.clone();
        }
    }
    silence.to_string()
}

#[tokio::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let server = Server::start();
    let matcher = |name: &str, value: &str, regex: bool| json!({"matchers": [{"name": name, "value": value, "isRegex": regex}]});
    let nobody = "5b8f1c3e-3f0f-4a1e-9a51-3a4f3d2b1a00";
    let coded = |code: u16, message: &str| json!({"code": code, "message": message}).to_string();
    let text = |message: &str| format!("{}\n", Value::from(message));
    for (method, path, body, status, answer) in [
        ("GET", "silence/x", String::new(), 422, coded(601, "silenceID in path must be of type uuid: \"x\"")),
        ("GET", &format!("silence/{nobody}"), String::new(), 404, String::new()),
        ("DELETE", &format!("silence/{nobody}"), String::new(), 404, String::new()),
        ("POST", "silences", String::new(), 422, coded(602, "silence in body is required")),
        ("POST", "silences", "{}".to_owned(), 422, coded(602, "comment in body is required")),
        ("POST", "silences", silence(&json!({"createdBy": null})), 422, coded(602, "createdBy in body is required")),
        ("POST", "silences", silence(&json!({"matchers": []})), 422, coded(612, "matchers in body should have at least 1 items")),
        ("POST", "silences", silence(&json!({"matchers": [{"name": "a"}]})), 422, coded(602, "matchers.0.isRegex in body is required")),
        ("POST", "silences", silence(&json!({"endsAt": "2010-01-01T00:00:00Z"})), 400, text("Failed to create silence: start time must be before end time")),
        ("POST", "silences", silence(&json!({"endsAt": "2020-02-01T00:00:00Z"})), 400, text("Failed to create silence: end time can't be in the past")),
        ("POST", "silences", silence(&matcher("a", "", false)), 400, text("invalid silence: at least one matcher must not match the empty string")),
        ("POST", "silences", silence(&matcher("a", ".+", true)), 400, text("this silence names nothing: each of its matchers takes any value, so that it would mute every alert; add a matcher with a value, or say \"confirmed\": true in the request where that is meant")),
        ("POST", "silences", silence(&json!({"id": nobody})), 404, text("silence not found")),
        ("GET", "silences?filter=a", String::new(), 400, text("bad matcher format: a")),
        ("POST", "alerts", "[{}]".to_owned(), 422, coded(602, "0.labels in body is required")),
        ("POST", "alerts", r#"[{"labels":{"a":"b"},"generatorURL":"not a url"}]"#.to_owned(), 422, coded(601, "0.generatorURL in body must be of type uri: \"not a url\"")),
        ("POST", "alerts", r#"[{"labels":{}}, {"labels":{"a":"b"},"startsAt":"2030-01-01T00:00:00Z","endsAt":"2029-01-01T00:00:00Z"}]"#.to_owned(), 400, text("at least one label pair required; start time must be before end time")),
        ("POST", "status", String::new(), 405, coded(405, "method POST is not allowed, but [GET] are")),
        ("PUT", "alerts", String::new(), 405, coded(405, "method PUT is not allowed, but [GET,POST] are")),
        ("GET", "nothing", String::new(), 404, coded(404, "path /api/v2/nothing was not found")),
    ] {
        let found = server.ask(method, &format!("/api/v2/{path}"), &body).await;
        assert_eq!(found, (status, answer), "{method} {path} {body}");
    }
}

#[tokio::test]
async fn a_silence_lives_through_its_calls() {
    let server = Server::start();
    let (status, made) = server
        .ask("POST", "/api/v2/silences", &silence(&json!({})))
        .await;
    assert_eq!(status, 200, "{made}");
    let id = serde_json::from_str::<Value>(&made).unwrap()["silenceID"].clone();
    let path = format!("/alertmanager/api/v2/silence/{}", id.as_str().unwrap());
    let shown = server.json(&path).await;
    assert_eq!(shown["id"], id);
    assert_eq!(shown["status"], json!({"state": "active"}));
    assert_eq!(shown["endsAt"], "2100-01-01T00:00:00.000Z");
    assert_eq!(
        shown["matchers"],
        json!([{"isEqual": true, "isRegex": false, "name": "alertname", "value": "A"}])
    );
    assert_eq!(shown.get("endsWithAlerts"), None);

    // Everything is muted by those who mean it.
    let everything = json!({
        "matchers": [{"name": "a", "value": ".+", "isRegex": true}],
        "confirmed": true,
    });
    let (status, all) = server
        .ask("POST", "/api/v2/silences", &silence(&everything))
        .await;
    assert_eq!(status, 200, "{all}");
    let all = serde_json::from_str::<Value>(&all).unwrap()["silenceID"].clone();
    let path = format!("/api/v2/silence/{}", all.as_str().unwrap());
    assert_eq!(server.ask("DELETE", &path, "").await.0, 200);

    // Another comment in place, other matchers as another silence.
    let same = json!({"id": id, "startsAt": shown["startsAt"], "comment": "more"});
    let (_, answer) = server
        .ask("POST", "/api/v2/silences", &silence(&same))
        .await;
    assert_eq!(answer, made);
    let other = json!({"id": id, "matchers": [{"name": "a", "value": "x", "isRegex": false}, {"name": "b", "value": "c.*", "isRegex": true, "isEqual": false}]});
    let (_, answer) = server
        .ask("POST", "/api/v2/silences", &silence(&other))
        .await;
    assert_ne!(answer, made);
    let states = |list: &Value| -> Vec<Value> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|s| s["status"]["state"].clone())
            .collect()
    };
    assert_eq!(
        states(&server.json("/api/v2/silences").await),
        ["active", "expired", "expired"]
    );
    let found = server.json("/api/v2/silences?filter=b!~%22c.*%22").await;
    assert_eq!(states(&found), ["active"]);

    let path = format!("/api/v2/silence/{}", found[0]["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(server.ask("DELETE", &path, "").await, (200, String::new()));
    }
    assert_eq!(server.json(&path).await["status"]["state"], "expired");
}

#[tokio::test]
async fn whoever_had_to_say_a_name_is_the_creator() {
    let mut server = Server::start();
    let caller = axum::Extension(guard::Caller("alice".to_owned()));
    server.router = server.router.layer(caller);
    let (status, _) = server
        .ask("POST", "/api/v2/silences", &silence(&json!({})))
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        server.json("/api/v2/silences").await[0]["createdBy"],
        "alice"
    );
}

#[tokio::test]
async fn alerts_are_shown_with_what_keeps_them_quiet() {
    let server = Server::start();
    let alerts = json!([
        {"labels": {"alertname": "A", "n": "1", "empty": ""}, "annotations": {"summary": "s"}, "generatorURL": "http://x/y"},
        {"labels": {"alertname": "B", "severity": "critical"}, "endsAt": "2100-01-01T01:00:00.5+01:00"},
        {"labels": {"alertname": "C"}, "endsAt": "2020-01-01T00:00:00Z"},
    ]);
    let (status, body) = server
        .ask("POST", "/api/v2/alerts", &alerts.to_string())
        .await;
    assert_eq!((status, body.as_str()), (200, ""));
    let (_, made) = server
        .ask("POST", "/api/v2/silences", &silence(&json!({})))
        .await;
    let id = serde_json::from_str::<Value>(&made).unwrap()["silenceID"].clone();

    let shown = server.json("/api/v2/alerts?filter=alertname%3DA").await;
    let alert = &shown[0];
    assert_eq!(alert["labels"], json!({"alertname": "A", "n": "1"}));
    assert_eq!(alert["annotations"], json!({"summary": "s"}));
    assert_eq!(alert["generatorURL"], "http://x/y");
    assert_eq!(alert["receivers"], json!([{"name": "all"}]));
    assert_eq!(alert["startsAt"], alert["updatedAt"]);
    assert_eq!(
        alert["status"],
        json!({"inhibitedBy": [], "mutedBy": [], "silencedBy": [id], "state": "suppressed"})
    );
    let names = |list: &Value| -> Vec<Value> {
        let mut names: Vec<Value> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|a| a["labels"]["alertname"].clone())
            .collect();
        names.sort_by_key(Value::to_string);
        names
    };
    for (query, expected) in [
        ("", vec!["A", "B"]),
        ("?silenced=false", vec!["B"]),
        ("?active=false", vec!["A"]),
        ("?receiver=pag.*", vec!["B"]),
        ("?receiver=pag", vec![]),
        ("?filter=severity%3D%22%22", vec!["A"]),
        ("?filter=alertname%3D~%22A|B%22&filter=n%3D1", vec!["A"]),
    ] {
        assert_eq!(
            names(&server.json(&format!("/api/v2/alerts{query}")).await),
            expected,
            "{query}"
        );
        let groups = server.json(&format!("/api/v2/alerts/groups{query}")).await;
        assert_eq!(names(&groups), expected, "{query}");
    }
    let groups = server.json("/api/v2/alerts/groups?receiver=pager").await;
    assert_eq!(groups[0]["receiver"], json!({"name": "pager"}));
    assert_eq!(groups[0]["alerts"][0]["endsAt"], "2100-01-01T00:00:00.500Z");
    assert_eq!(
        groups[0]["alerts"][0]["fingerprint"]
            .as_str()
            .unwrap()
            .len(),
        16
    );
}

#[tokio::test]
async fn the_status_has_what_clients_want() {
    let server = Server::start();
    let status = server.json("/api/v2/status").await;
    assert_eq!(
        status["cluster"],
        json!({"peers": [], "status": "disabled"})
    );
    assert_eq!(status["versionInfo"]["version"], "1.2.3");
    assert!(
        status["config"]["original"]
            .as_str()
            .unwrap()
            .contains("receiver: pager")
    );
    assert_eq!(
        server.json("/api/v2/receivers").await,
        json!([{"name": "all"}, {"name": "pager"}])
    );
}
