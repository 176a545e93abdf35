//! The tasks of ECS clusters.
//!
//! A task is told with what stands around it: its cluster, its service, and the instance and
//! network interface that it runs on, which EC2 knows.
//! Format: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>.

use std::collections::{BTreeSet, HashMap};

use config::AwsDiscovery;
use contract::TargetGroup;
use model::Labels;
use serde_json::{Value, json};

use super::{Aws, Service, TAG, numbered};
use crate::ask::{AskError, MAX_PAGES};
use crate::fields::{Fields, Target, host_port, list, text, texts};
use crate::poll::{Source, one_group};

const PREFIX: &str = "__meta_ecs_";
/// Most things that one question may name, as the API has it.
const BATCH: usize = 100;
/// The same for services.
const SERVICE_BATCH: usize = 10;
const CLUSTER: Fields = &[("cluster", "/clusterName"), ("cluster_arn", "/clusterArn")];
const SERVICE: Fields = &[
    ("service", "/serviceName"),
    ("service_arn", "/serviceArn"),
    ("service_status", "/status"),
];
const TASK: Fields = &[
    ("task_group", "/group"),
    ("task_arn", "/taskArn"),
    ("task_definition", "/taskDefinitionArn"),
    ("availability_zone", "/availabilityZone"),
    ("launch_type", "/launchType"),
    ("desired_status", "/desiredStatus"),
    ("last_status", "/lastStatus"),
    ("health_status", "/healthStatus"),
    ("platform_family", "/platformFamily"),
    ("platform_version", "/platformVersion"),
    ("container_instance_arn", "/containerInstanceArn"),
];
/// Of the instance that a task runs on.
const INSTANCE: Fields = &[
    ("ec2_instance_type", "/instanceType"),
    ("ec2_instance_private_ip", "/privateIpAddress"),
    ("ec2_instance_public_ip", "/ipAddress"),
];

pub(crate) struct EcsSource {
    aws: Aws,
    ecs: Service,
    ec2: Service,
    clusters: Vec<String>,
    port: i64,
}

/// What stands around the tasks of a cluster.
#[derive(Default)]
struct Around {
    /// By name.
    services: HashMap<String, Value>,
    /// Identifiers of EC2 instances by the ARN of the container instance.
    container_instances: HashMap<String, String>,
    /// By identifier.
    instances: HashMap<String, Value>,
    /// Public addresses by the identifier of the network interface.
    public: HashMap<String, String>,
}

impl EcsSource {
    pub(crate) fn new(config: &AwsDiscovery, clusters: &[String]) -> Self {
        Self {
            aws: Aws::new(config),
            ecs: Service::new("ecs", &config.endpoint),
            ec2: Service::new("ec2", ""),
            clusters: clusters.to_vec(),
            port: config.asking.port,
        }
    }

    /// All entries of a list that comes in pages.
    async fn listed(
        &self,
        action: &'static str,
        cluster: Option<&str>,
        key: &str,
    ) -> Result<Vec<String>, AskError> {
        let mut found = Vec::new();
        let mut next = Value::Null;
        for _ in 0..MAX_PAGES {
            let body = given(json!({"maxResults": BATCH, "cluster": cluster, "nextToken": next}));
            let page = self.aws.json(&self.ecs, action, &body).await?;
            found.extend(texts(&page, key).into_iter().map(|arn| arn.into_owned()));
            match text(&page, "/nextToken") {
                end if end.is_empty() => return Ok(found),
                token => next = json!(token),
            }
        }
        Err(AskError::Pages(action.to_owned()))
    }

    /// What is known of some things, asked for in batches.
    async fn described(
        &self,
        action: &'static str,
        cluster: Option<&str>,
        key: &str,
        (arns, batch): (&[String], usize),
    ) -> Result<Vec<Value>, AskError> {
        let mut found = Vec::new();
        for batch in arns.chunks(batch) {
            let body = given(json!({"include": ["TAGS"], "cluster": cluster, key: batch}));
            let answer = self.aws.json(&self.ecs, action, &body).await?;
            found.extend_from_slice(list(&answer, &format!("/{key}")));
        }
        Ok(found)
    }

    /// All entries of a list of EC2's.
    async fn ec2_listed(
        &self,
        action: &str,
        name: &str,
        ids: &BTreeSet<String>,
        key: &str,
    ) -> Result<Vec<Value>, AskError> {
        let ids: Vec<&String> = ids.iter().collect();
        let mut found = Vec::new();
        for batch in ids.chunks(BATCH) {
            let asked = numbered(name, batch);
            let mut parameters = asked.clone();
            for page in 0.. {
                let answer = self.aws.ec2(&self.ec2, action, &parameters).await?;
                found.extend_from_slice(list(&answer, key));
                let next = text(&answer, "/nextToken");
                if next.is_empty() {
                    break;
                }
                if page == MAX_PAGES {
                    return Err(AskError::Pages(action.to_owned()));
                }
                parameters.clone_from(&asked);
                parameters.push(("NextToken".to_owned(), next.into_owned()));
            }
        }
        Ok(found)
    }

    async fn around(&self, cluster: &str, tasks: &[Value]) -> Result<Around, AskError> {
        const LIST: &str = "AmazonEC2ContainerServiceV20141113.ListServices";
        const DESCRIBE: &str = "AmazonEC2ContainerServiceV20141113.DescribeServices";
        const INSTANCES: &str = "AmazonEC2ContainerServiceV20141113.DescribeContainerInstances";
        let mut around = Around::default();
        let arns = self.listed(LIST, Some(cluster), "/serviceArns").await?;
        let services = (arns.as_slice(), SERVICE_BATCH);
        for service in self
            .described(DESCRIBE, Some(cluster), "services", services)
            .await?
        {
            around
                .services
                .insert(text(&service, "/serviceName").into_owned(), service);
        }
        let arns = tasks.iter().map(|task| text(task, "/containerInstanceArn"));
        let arns: BTreeSet<String> = arns.filter(|arn| !arn.is_empty()).map(Into::into).collect();
        let arns: Vec<String> = arns.into_iter().collect();
        for batch in arns.chunks(BATCH) {
            let body = json!({"cluster": cluster, "containerInstances": batch});
            let answer = self.aws.json(&self.ecs, INSTANCES, &body).await?;
            for instance in list(&answer, "/containerInstances") {
                let arn = text(instance, "/containerInstanceArn").into_owned();
                let id = text(instance, "/ec2InstanceId").into_owned();
                around.container_instances.insert(arn, id);
            }
        }
        let ids = around.container_instances.values();
        let ids = ids.filter(|id| !id.is_empty()).cloned().collect();
        let reservations = self
            .ec2_listed("DescribeInstances", "InstanceId", &ids, "/reservationSet")
            .await?;
        for instance in reservations.iter().flat_map(|r| list(r, "/instancesSet")) {
            if !text(instance, "/privateIpAddress").is_empty() {
                let id = text(instance, "/instanceId").into_owned();
                around.instances.insert(id, instance.clone());
            }
        }
        let ids = tasks.iter().filter_map(interface);
        let ids = ids.map(|interface| detail(interface, "networkInterfaceId").to_owned());
        let ids: BTreeSet<String> = ids.filter(|id| !id.is_empty()).collect();
        let action = "DescribeNetworkInterfaces";
        let interfaces = self
            .ec2_listed(action, "NetworkInterfaceId", &ids, "/networkInterfaceSet")
            .await?;
        for interface in interfaces {
            let id = text(&interface, "/networkInterfaceId").into_owned();
            let public = text(&interface, "/association/publicIp").into_owned();
            around.public.insert(id, public);
        }
        Ok(around)
    }

    fn target(&self, cluster: &Value, task: &Value, around: &Around) -> Option<Labels> {
        let container_instance = text(task, "/containerInstanceArn");
        let id = around.container_instances.get(&*container_instance);
        let instance = id.and_then(|id| around.instances.get(id));
        let own = |pointer| instance.map_or("".into(), |instance| text(instance, pointer));
        let (mode, address, public, subnet) = match interface(task) {
            Some(interface) => {
                let id = detail(interface, "networkInterfaceId");
                let public = around.public.get(id).map_or("", String::as_str);
                let address = detail(interface, "privateIPv4Address");
                let subnet = detail(interface, "subnetId");
                ("awsvpc", address.into(), public.into(), subnet.into())
            }
            None => (
                "bridge",
                own("/privateIpAddress"),
                own("/ipAddress"),
                own("/subnetId"),
            ),
        };
        if address.is_empty() {
            return None;
        }
        let mut target = Target::new();
        target
            .fields(PREFIX, cluster, CLUSTER)
            .fields(PREFIX, task, TASK)
            .tags("__meta_ecs_tag_cluster_", cluster, "/tags", TAG)
            .tags("__meta_ecs_tag_task_", task, "/tags", TAG)
            .set("__meta_ecs_region", &self.aws.region)
            .set("__meta_ecs_network_mode", mode)
            .set("__meta_ecs_ip_address", &address)
            .set("__meta_ecs_public_ip", &public)
            .set("__meta_ecs_subnet_id", &subnet)
            .set("__meta_ecs_ec2_instance_id", id.map_or("", String::as_str))
            .address(&host_port(&address, self.port));
        if let Some(instance) = instance {
            target.fields(PREFIX, instance, INSTANCE).tags(
                "__meta_ecs_tag_ec2_",
                instance,
                "/tagSet",
                TAG,
            );
        }
        // A task of no service has the group `family:…`.
        let group = text(task, "/group");
        let service = match group.split_once(':') {
            Some(("family", _)) | None => None,
            Some((_, rest)) => around.services.get(rest.split(':').next().unwrap_or("")),
        };
        if let Some(service) = service {
            target.fields(PREFIX, service, SERVICE).tags(
                "__meta_ecs_tag_service_",
                service,
                "/tags",
                TAG,
            );
        }
        Some(target.labels())
    }
}

/// A question without the fields that say nothing.
fn given(mut question: Value) -> Value {
    if let Some(fields) = question.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    question
}

/// The network interface of its own that a task has.
fn interface(task: &Value) -> Option<&Value> {
    let mut attachments = list(task, "/attachments").iter();
    attachments.find(|attachment| text(attachment, "/type") == "ElasticNetworkInterface")
}

/// What an attachment says under a name.
fn detail<'a>(attachment: &'a Value, name: &str) -> &'a str {
    let mut details = list(attachment, "/details").iter();
    let detail = details.find(|detail| text(detail, "/name") == name);
    let value = detail.and_then(|detail| detail.get("value"));
    value.and_then(Value::as_str).unwrap_or("")
}

impl Source for EcsSource {
    const NAME: &'static str = "ecs";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        const CLUSTERS: &str = "AmazonEC2ContainerServiceV20141113.ListClusters";
        const CLUSTER: &str = "AmazonEC2ContainerServiceV20141113.DescribeClusters";
        const TASKS: &str = "AmazonEC2ContainerServiceV20141113.ListTasks";
        const TASK: &str = "AmazonEC2ContainerServiceV20141113.DescribeTasks";
        self.aws.find_region().await?;
        let names = match self.clusters.as_slice() {
            [] => self.listed(CLUSTERS, None, "/clusterArns").await?,
            given => given.to_vec(),
        };
        let clusters = self
            .described(CLUSTER, None, "clusters", (&names, BATCH))
            .await?;
        let mut found = Vec::new();
        for cluster in clusters {
            let arn = text(&cluster, "/clusterArn");
            let tasks = self.listed(TASKS, Some(&arn), "/taskArns").await?;
            if tasks.is_empty() {
                continue;
            }
            let tasks = self
                .described(TASK, Some(&arn), "tasks", (&tasks, BATCH))
                .await?;
            let around = self.around(&arn, &tasks).await?;
            let targets = tasks
                .iter()
                .filter_map(|task| self.target(&cluster, task, &around));
            found.extend(targets);
        }
        Ok(one_group(&self.aws.region, found))
    }
}
