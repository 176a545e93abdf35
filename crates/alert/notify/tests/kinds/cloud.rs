//! What is sent: Amazon SNS.

use crate::common::{GROUP, Seen, everybody, firing, integration, server, text, told};

#[tokio::test]
async fn sns() {
    let form = |status: &str| {
        format!(
            "Action=Publish&Version=2010-03-31&Message={status}\
             &MessageAttributes.entry.1.Name=key&MessageAttributes.entry.1.Value.DataType=String\
             &MessageAttributes.entry.1.Value.StringValue=Down\
             &MessageDeduplicationId={GROUP}&MessageGroupId={GROUP}\
             &Subject=s&TopicArn=arn%3Aaws%3Asns%3Aus-east-2%3A1%3At.fifo"
        )
    };
    let service = server(|_| text(200, "<PublishResponse/>")).await;
    let kind = integration(
        &"\
sns_configs:
- api_url: URL
  sigv4: {region: us-east-2, access_key: AKID, secret_key: skey}
  topic_arn: 'arn:aws:sns:us-east-2:1:t.fifo'
  subject: s
  message: '{{ .Status }}'
  attributes: {key: '{{ .GroupLabels.alertname }}'}"
            .replace("URL", &service.url()),
    );
    told(&kind, &firing(&["a"])).await.expect("is published");
    let seen = service.take();
    assert_eq!(format!("{} {}", seen[0].method, seen[0].path), "POST /");
    assert_eq!(String::from_utf8_lossy(&seen[0].body), form("firing"));
    assert_eq!(
        seen[0].header("content-type"),
        "application/x-www-form-urlencoded"
    );
    let authorization = seen[0].header("authorization");
    assert!(
        authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"),
        "{authorization}"
    );
    assert!(authorization.contains(
        "/us-east-2/sns/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature="
    ));
    assert!(seen[0].header("x-amz-date").ends_with('Z'));
}

#[tokio::test]
async fn sns_takes_on_a_role() {
    let answer = |seen: &Seen| {
        if String::from_utf8_lossy(&seen.body).starts_with("Action=AssumeRole") {
            return text(
                200,
                "<R><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>rk</SecretAccessKey><SessionToken>session</SessionToken></R>",
            );
        }
        text(200, "<PublishResponse/>")
    };
    let aws = everybody(answer).await;
    let kind = integration(
        &"\
sns_configs:
- sigv4: {region: eu-west-1, access_key: AKID, secret_key: skey, role_arn: 'arn:role'}
  phone_number: '+49123'
  subject: ''
  message: m
  http_config: {proxy_url: URL, tls_config: {insecure_skip_verify: true}}"
            .replace("URL", &aws.url()),
    );
    told(&kind, &firing(&["a"])).await.expect("is published");
    let seen = aws.take();
    assert_eq!(seen[0].header("host"), "sts.eu-west-1.amazonaws.com");
    assert!(seen[0].header("authorization").contains("Credential=AKID/"));
    assert_eq!(seen[1].header("host"), "sns.eu-west-1.amazonaws.com");
    assert!(seen[1].header("authorization").contains("Credential=ROLE/"));
    assert_eq!(seen[1].header("x-amz-security-token"), "session");
    assert_eq!(
        String::from_utf8_lossy(&seen[1].body),
        "Action=Publish&Version=2010-03-31&Message=m&PhoneNumber=%2B49123"
    );
}
