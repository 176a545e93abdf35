//! Amazon's services.

use super::{FILTERS, PORT, REFRESH, http};
use crate::schema::{Field, Kind, Section, field, int, secret, text, texts};

/// How Amazon's APIs are reached; where nothing is said, the SDKs' usual places are looked at.
const ACCESS: &[Field] = &[
    text("endpoint").shown(),
    text("region").shown(),
    text("access_key"),
    secret("secret_key"),
    text("profile"),
    text("role_arn"),
    text("external_id"),
    REFRESH,
    PORT,
];

const CLUSTERS: &[Field] = &[texts("clusters"), int("request_concurrency").or_int(10)];

/// One entry of `ec2_sd_configs`.
pub(super) static EC2: Section = Section::new(&[ACCESS, &[FILTERS], http::FIELDS], &[http::check]);

/// One entry of `lightsail_sd_configs`.
pub(super) static LIGHTSAIL: Section = Section::new(&[ACCESS, http::FIELDS], &[http::check]);

/// One entry of `ecs_sd_configs`, `msk_sd_configs` or `elasticache_sd_configs`.
pub(super) static CLUSTERED: Section =
    Section::new(&[ACCESS, CLUSTERS, http::FIELDS], &[http::check]);

/// One entry of `rds_sd_configs`.
pub(super) static RDS: Section = Section::new(
    &[ACCESS, CLUSTERS, &[FILTERS], http::FIELDS],
    &[http::check],
);

/// One entry of `aws_sd_configs`: any of the services, named by its role.
pub(super) static AWS: Section = Section::new(
    &[
        &[field(
            "role",
            Kind::Choice(&["ec2", "ecs", "lightsail", "msk", "rds", "elasticache"]),
        )
        .required()],
        ACCESS,
        CLUSTERS,
        &[FILTERS],
        http::FIELDS,
    ],
    &[http::check],
);
