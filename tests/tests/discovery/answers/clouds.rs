//! AWS and OpenStack.

use crate::fake::{Asked, Reply};

/// Whether a request is signed for a service.
fn signed(asked: &Asked, service: &str) -> bool {
    let authorization = asked.header("authorization");
    authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/")
        && authorization.contains(&format!("/us-east-1/{service}/aws4_request"))
        && !asked.header("x-amz-date").is_empty()
}

fn xml(body: &str) -> Option<Reply> {
    Some(Reply::of(200, "text/xml;charset=UTF-8", body))
}

pub fn ec2(asked: &Asked) -> Option<Reply> {
    if !signed(asked, "ec2") {
        return None;
    }
    match asked.parameter("Action")? {
        "DescribeAvailabilityZones" => xml(
            r#"<DescribeAvailabilityZonesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><availabilityZoneInfo>
                <item><zoneName>us-east-1a</zoneName><zoneState>available</zoneState><zoneId>use1-az1</zoneId></item>
            </availabilityZoneInfo></DescribeAvailabilityZonesResponse>"#,
        ),
        "DescribeInstances" => {
            let filter = ["Filter.1.Name", "Filter.1.Value.1", "Filter.1.Value.2"];
            let filter = filter.map(|name| asked.parameter(name).unwrap_or(""));
            if filter != ["tag%3AEnv", "a", "b"] {
                return None;
            }
            if asked.parameter("NextToken") == Some("more%3D") {
                return xml(r#"<DescribeInstancesResponse><reservationSet>
                        <item><ownerId>1</ownerId><instancesSet>
                            <item><instanceId>i-3</instanceId><imageId>ami-3</imageId><instanceState><code>16</code><name>running</name></instanceState><privateDnsName/><dnsName/>
                                <instanceType>t2.micro</instanceType><placement><availabilityZone>us-east-1a</availabilityZone></placement><privateIpAddress>10.0.0.66</privateIpAddress></item>
                        </instancesSet></item></reservationSet></DescribeInstancesResponse>"#);
            }
            xml(r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>8f7724cf</requestId><nextToken>more=</nextToken>
<reservationSet><item><reservationId>r-1</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet>
<item><instanceId>i-1234567890abcdef0</instanceId><imageId>ami-bff32ccc</imageId><instanceState><code>16</code><name>running</name></instanceState>
<privateDnsName>ip-192-168-1-88.ec2.internal</privateDnsName><dnsName>ec2-54-194-252-215.compute-1.amazonaws.com</dnsName><instanceType>t2.micro</instanceType>
<placement><availabilityZone>us-east-1a</availabilityZone><tenancy>default</tenancy></placement><platform>windows</platform><subnetId>subnet-56f5f633</subnetId><vpcId>vpc-11112222</vpcId>
<privateIpAddress>192.168.1.88</privateIpAddress><ipAddress>54.194.252.215</ipAddress><architecture>x86_64</architecture><instanceLifecycle>spot</instanceLifecycle>
<tagSet><item><key>Name</key><value>Server &amp; 1</value></item><item><key>aws:autoscaling:groupName</key><value>g</value></item></tagSet>
<networkInterfaceSet>
<item><networkInterfaceId>eni-1</networkInterfaceId><subnetId>subnet-56f5f633</subnetId><attachment><attachmentId>a</attachmentId><deviceIndex>0</deviceIndex></attachment>
<ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address><isPrimaryIpv6>false</isPrimaryIpv6></item></ipv6AddressesSet></item>
<item><networkInterfaceId>eni-2</networkInterfaceId><subnetId>subnet-2</subnetId><attachment><attachmentId>b</attachmentId><deviceIndex>2</deviceIndex></attachment>
<ipv6AddressesSet><item><ipv6Address>2001:db8::2</ipv6Address><isPrimaryIpv6>true</isPrimaryIpv6></item></ipv6AddressesSet></item>
<item><networkInterfaceId>eni-3</networkInterfaceId><subnetId>subnet-2</subnetId><attachment><attachmentId>c</attachmentId><deviceIndex>3</deviceIndex></attachment><ipv6AddressesSet/></item>
</networkInterfaceSet></item>
<item><instanceId>i-none</instanceId><imageId>ami</imageId><instanceState><code>48</code><name>terminated</name></instanceState><instanceType>t2.micro</instanceType><placement><availabilityZone>us-east-1b</availabilityZone></placement></item>
</instancesSet></item></reservationSet></DescribeInstancesResponse>"#)
        }
        _ => None,
    }
}

pub fn lightsail(asked: &Asked) -> Option<Reply> {
    if !signed(asked, "lightsail")
        || asked.header("x-amz-target") != "Lightsail_20161128.GetInstances"
    {
        return None;
    }
    Some(Reply::of(
        200,
        "application/x-amz-json-1.1",
        r#"{"instances": [
            {"name": "WordPress-1", "arn": "arn:aws:lightsail:us-east-1:1:Instance/x", "supportCode": "6EXAMPLE3362/i-05EXAMPLE407c97d3", "createdAt": 1.5, "location": {"availabilityZone": "us-east-1a", "regionName": "us-east-1"},
             "resourceType": "Instance", "tags": [{"key": "team name", "value": "x"}, {"key": "only"}], "blueprintId": "wordpress", "bundleId": "nano_2_0", "privateIpAddress": "172.26.1.2", "publicIpAddress": "3.4.5.6",
             "ipv6Addresses": ["2600:1f14::1"], "state": {"code": 16, "name": "running"}},
            {"name": "none", "supportCode": "s", "location": {"availabilityZone": "us-east-1a"}, "blueprintId": "b", "bundleId": "n", "state": {"code": 0, "name": "pending"}},
            {"name": "two", "supportCode": "s", "location": {"availabilityZone": "us-east-1a"}, "blueprintId": "b", "bundleId": "n", "privateIpAddress": "10.0.0.66", "state": {"code": 80, "name": "stopped"}}
        ]}"#,
    ))
}

/// Both ECS and, for what its tasks run on, EC2.
pub fn ecs(asked: &Asked) -> Option<Reply> {
    if signed(asked, "ec2") {
        return match asked.parameter("Action")? {
            "DescribeInstances" if asked.parameter("InstanceId.1") == Some("i-9") => xml(
                r#"<DescribeInstancesResponse><reservationSet><item><ownerId>1</ownerId><instancesSet><item><instanceId>i-9</instanceId><instanceType>m5.large</instanceType>
                    <privateIpAddress>10.0.9.9</privateIpAddress><ipAddress>52.1.1.1</ipAddress><subnetId>subnet-ec2</subnetId><tagSet><item><key>Name</key><value>host</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"#,
            ),
            "DescribeNetworkInterfaces" => xml(
                r#"<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><association><publicIp>52.2.2.2</publicIp></association></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>"#,
            ),
            _ => None,
        };
    }
    if !signed(asked, "ecs") {
        return None;
    }
    let question: serde_json::Value = serde_json::from_str(&asked.body).ok()?;
    let cluster = "arn:aws:ecs:us-east-1:1:cluster/main";
    let of_cluster = question["cluster"] == cluster;
    let action = asked
        .header("x-amz-target")
        .strip_prefix("AmazonEC2ContainerServiceV20141113.")?;
    let body = match action {
        "ListClusters" if question["nextToken"] == "more" => format!(r#"{{"clusterArns": ["{cluster}"]}}"#),
        "ListClusters" => r#"{"clusterArns": [], "nextToken": "more"}"#.to_owned(),
        "DescribeClusters" => format!(r#"{{"clusters": [{{"clusterArn": "{cluster}", "clusterName": "main", "status": "ACTIVE", "tags": [{{"key": "Owner", "value": "c"}}]}}], "failures": []}}"#),
        "ListServices" if of_cluster => r#"{"serviceArns": ["arn:aws:ecs:us-east-1:1:service/main/web"]}"#.to_owned(),
        "DescribeServices" if of_cluster => r#"{"services": [{"serviceArn": "arn:aws:ecs:us-east-1:1:service/main/web", "serviceName": "web", "status": "ACTIVE", "tags": [{"key": "Tier", "value": "s"}]}]}"#.to_owned(),
        "ListTasks" if of_cluster => r#"{"taskArns": ["t1", "t2", "t3", "t4"]}"#.to_owned(),
        "DescribeTasks" if of_cluster => r#"{"tasks": [
            {"taskArn": "t1", "group": "service:web", "taskDefinitionArn": "d:1", "availabilityZone": "us-east-1a", "launchType": "FARGATE", "desiredStatus": "RUNNING", "lastStatus": "RUNNING", "healthStatus": "HEALTHY",
             "platformFamily": "Linux", "platformVersion": "1.4.0", "tags": [{"key": "a.b", "value": "t"}],
             "attachments": [{"id": "x", "type": "other", "details": []}, {"id": "y", "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [
                {"name": "subnetId", "value": "subnet-1"}, {"name": "networkInterfaceId", "value": "eni-1"}, {"name": "privateIPv4Address", "value": "10.0.1.1"}]}]},
            {"taskArn": "t2", "group": "family:batch", "taskDefinitionArn": "d:2", "availabilityZone": "us-east-1b", "launchType": "EC2", "desiredStatus": "RUNNING", "lastStatus": "PENDING", "healthStatus": "UNKNOWN",
             "containerInstanceArn": "ci-1", "attachments": []},
            {"taskArn": "t3", "group": "service:gone", "taskDefinitionArn": "d:3", "availabilityZone": "us-east-1b", "launchType": "EC2", "desiredStatus": "RUNNING", "lastStatus": "RUNNING", "healthStatus": "UNKNOWN",
             "containerInstanceArn": "ci-1", "attachments": [{"type": "ElasticNetworkInterface", "details": [{"name": "privateIPv4Address", "value": "10.0.0.66"}]}]},
            {"taskArn": "t4", "group": "family:none", "taskDefinitionArn": "d:4", "availabilityZone": "us-east-1b", "launchType": "EC2", "desiredStatus": "RUNNING", "lastStatus": "RUNNING", "healthStatus": "UNKNOWN", "attachments": []}
        ]}"#.to_owned(),
        "DescribeContainerInstances" if of_cluster => r#"{"containerInstances": [{"containerInstanceArn": "ci-1", "ec2InstanceId": "i-9"}]}"#.to_owned(),
        _ => return None,
    };
    Some(Reply::of(200, "application/x-amz-json-1.1", body))
}

/// A cloud whose services all stand below one address.
pub fn openstack(asked: &Asked) -> Option<Reply> {
    let here = format!("http://{}", asked.header("host"));
    if asked.path == "/v3/auth/tokens" {
        let question: serde_json::Value = serde_json::from_str(&asked.body).ok()?;
        let identity = &question["auth"]["identity"];
        let user = &identity["password"]["user"];
        let project = &question["auth"]["scope"]["project"];
        let fits = match identity["methods"][0].as_str()? {
            "application_credential" => identity["application_credential"]["secret"] == "word",
            _ if user["id"] == "me" => user["password"] == "word" && project["id"] == "p",
            _ => {
                user["domain"]["name"] == "Default"
                    && project["name"] == "p"
                    && project["domain"]["name"] == "Default"
            }
        };
        if !fits {
            return Some(Reply::of(401, "application/json", asked.body.clone()));
        }
        let service = |kind: &str, path: &str| {
            let endpoint = |interface: &str, region: &str, path: &str| {
                format!(
                    r#"{{"interface": "{interface}", "region": "{region}", "region_id": "{region}", "url": "{here}{path}", "id": "x"}}"#
                )
            };
            format!(
                r#"{{"type": "{kind}", "name": "{kind}", "id": "{kind}", "endpoints": [{}, {}, {}]}}"#,
                endpoint("public", "RegionTwo", "/elsewhere"),
                endpoint("public", "RegionOne", path),
                endpoint("internal", "RegionOne", path)
            )
        };
        let body = format!(
            r#"{{"token": {{"methods": ["password"], "expires_at": "2999-01-01T00:00:00.000000Z", "issued_at": "2013-11-06T14:32:17.893797Z", "catalog": [{}, {}, {}]}}}}"#,
            service("compute", "/compute/v2.1"),
            service("network", "/network"),
            service("load-balancer", "/balancing")
        );
        let mut reply = Reply::of(201, "application/json", body);
        reply.headers.push(("X-Subject-Token", "token".to_owned()));
        return Some(reply);
    }
    if asked.header("x-auth-token") != "token" {
        return None;
    }
    let more = format!("{here}/compute/v2.1/servers/detail?all_tenants=true&marker=two");
    let body = match (asked.path.as_str(), asked.query.contains("marker=two")) {
        // Newer originals ask for versions first.
        ("/network/" | "/balancing/", _) => format!(
            r#"{{"versions": [{{"id": "v2.0", "status": "CURRENT", "links": [{{"rel": "self", "href": "{here}{}v2.0/"}}]}}]}}"#,
            asked.path
        ),
        ("/network/v2.0/ports", _) => r#"{"ports": [{"id": "port-1", "device_id": "one"}, {"id": "port-2", "device_id": "other"}]}"#.to_owned(),
        ("/network/v2.0/floatingips", _) => r#"{"floatingips": [
            {"floating_ip_address": "172.24.4.228", "fixed_ip_address": "10.0.0.32", "port_id": "port-1"},
            {"floating_ip_address": "172.24.4.42", "fixed_ip_address": null, "port_id": null},
            {"floating_ip_address": "172.24.4.99", "fixed_ip_address": "10.0.0.99", "port_id": "vip-port"}]}"#.to_owned(),
        ("/compute/v2.1/servers/detail", false) if asked.query.contains("all_tenants=true") => format!(
            r#"{{"servers": [{{"id": "one", "name": "herp", "status": "ACTIVE", "tenant_id": "fcad67a6", "user_id": "9349aff8", "image": {{"id": "f90f6034"}}, "flavor": {{"id": "1", "links": []}}, "metadata": {{"env-name": "prod"}},
                "addresses": {{"private": [{{"version": 4, "addr": "10.0.0.32", "OS-EXT-IPS:type": "fixed"}}, {{"version": 4, "addr": "172.24.4.228", "OS-EXT-IPS:type": "floating"}}, {{"version": 6, "addr": "fd00::2"}}]}}}},
                {{"id": "empty", "name": "e", "status": "ERROR", "tenant_id": "f", "user_id": "9", "image": "", "flavor": {{"id": "1"}}, "metadata": {{}}, "addresses": {{}}}}],
                "servers_links": [{{"rel": "next", "href": "{more}"}}]}}"#
        ),
        ("/compute/v2.1/servers/detail", true) => r#"{"servers": [{"id": "two", "name": "derp", "status": "ACTIVE", "tenant_id": "f", "user_id": "9", "image": "", "flavor": {"original_name": "m1.tiny"}, "metadata": {}, "addresses": {"private": [{"version": 4, "addr": "10.0.0.66"}]}}]}"#.to_owned(),
        ("/compute/v2.1/os-hypervisors/detail", _) => r#"{"hypervisors": [
            {"id": 1, "hypervisor_hostname": "nc14", "host_ip": "172.16.70.14", "status": "enabled", "state": "up", "hypervisor_type": "QEMU", "hypervisor_version": 2008000, "cpu_info": "{}"},
            {"id": 2, "hypervisor_hostname": "nc15", "host_ip": "10.0.0.66", "status": "disabled", "state": "down", "hypervisor_type": "QEMU", "hypervisor_version": 2008000, "cpu_info": ""}]}"#.to_owned(),
        ("/balancing/v2.0/lbaas/loadbalancers", _) => r#"{"loadbalancers": [
            {"id": "lb1", "name": "web", "operating_status": "ONLINE", "provisioning_status": "ACTIVE", "availability_zone": "az1", "vip_address": "10.0.0.99", "vip_port_id": "vip-port", "provider": "amphora", "project_id": "p1", "tags": ["a", "b"]},
            {"id": "lb2", "name": "bare", "vip_address": "10.0.0.66", "vip_port_id": "x", "project_id": "p1", "tags": []},
            {"id": "lb3", "name": "none", "vip_address": "10.0.0.98", "vip_port_id": "y", "project_id": "p1", "tags": []}]}"#.to_owned(),
        ("/balancing/v2.0/lbaas/listeners", _) => r#"{"listeners": [
            {"id": "l1", "protocol": "HTTP", "protocol_port": 80, "loadbalancers": [{"id": "lb1"}, {"id": "lb3"}]},
            {"id": "l2", "protocol": "PROMETHEUS", "protocol_port": 9100, "loadbalancers": [{"id": "lb1"}]},
            {"id": "l3", "protocol": "PROMETHEUS", "protocol_port": 9101, "loadbalancers": [{"id": "lb2"}]}]}"#.to_owned(),
        _ => return None,
    };
    Some(Reply::json(body))
}
