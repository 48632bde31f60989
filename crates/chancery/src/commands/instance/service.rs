//! The two services, and their instances in one shape.

use serde_json::{Value, json};

use crate::client::{Client, Failure, encoded};
use crate::commands::find::{self, rows, text};

/// A service with instances.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Service {
    /// DCS.
    Redis,
    /// DDS.
    Mongodb,
}

impl Service {
    pub(super) const ALL: [Self; 2] = [Self::Redis, Self::Mongodb];

    /// The service whose ids look like this: UUIDs of DCS, 32 hexadecimal digits and `in02` of DDS.
    pub(super) fn of_id(text: &str) -> Option<Self> {
        if find::is_id(text) {
            return Some(Self::Redis);
        }
        let digits = text.strip_suffix("in02")?;
        let is_hex = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        is_hex.then_some(Self::Mongodb)
    }

    /// Where the instances of a project are.
    pub(super) fn all_path(self, project_id: &str) -> String {
        let version = match self {
            Self::Redis => "v2",
            Self::Mongodb => "v3",
        };
        format!("/{version}/{}/instances", encoded(project_id))
    }

    /// Where an instance is.
    pub(super) fn path(self, project_id: &str, id: &str) -> String {
        format!("{}/{}", self.all_path(project_id), encoded(id))
    }

    /// The instances of a project, as they are shown.
    pub(super) async fn list(
        self,
        client: &Client,
        project_id: &str,
    ) -> Result<Vec<Value>, Failure> {
        // The most that each gives at once.
        let most = match self {
            Self::Redis => 1_000,
            Self::Mongodb => 100,
        };
        let path = self.all_path(project_id);
        let found = find::all_offsets_by(client, &path, "", "instances", most).await?;
        Ok(found.iter().map(|one| self.row(one)).collect())
    }

    /// An instance, as it is shown.
    pub(super) async fn show(
        self,
        client: &Client,
        project_id: &str,
        id: &str,
    ) -> Result<Value, Failure> {
        match self {
            Self::Redis => {
                let found = client.get(&self.path(project_id, id)).await?;
                Ok(self.row(&found))
            }
            // DDS has no call for one alone.
            Self::Mongodb => {
                let path = format!("{}?id={}", self.all_path(project_id), encoded(id));
                let found = rows(client.get(&path).await?, "instances");
                let missing =
                    || Failure::Missing(format!("there is no instance with the id {id:?}"));
                found.first().map(|one| self.row(one)).ok_or_else(missing)
            }
        }
    }

    fn row(self, instance: &Value) -> Value {
        match self {
            Self::Redis => json!({
                "name": instance["name"],
                "engine": instance["engine"],
                "version": instance["engine_version"],
                "status": instance["status"],
                "ssl": instance["enable_ssl"],
                "address": format!("{}:{}", text(instance, "ip"), instance["port"]),
                "domain_name": instance["domain_name"],
                "flavor": instance["spec_code"],
                "created_at": time(&instance["created_at"]),
                "enterprise_project_id": instance["enterprise_project_id"],
                "id": instance["instance_id"],
            }),
            Self::Mongodb => {
                let node = nodes(instance).next().unwrap_or(&Value::Null);
                json!({
                    "name": instance["name"],
                    "engine": "MongoDB",
                    "version": instance["datastore"]["version"],
                    "status": instance["status"],
                    "ssl": instance["ssl"] == 1,
                    "address": format!("{}:{}", text(node, "private_ip"), text(instance, "port")),
                    "mode": instance["mode"],
                    "flavor": node["spec_code"],
                    "created_at": time(&instance["created"]),
                    "enterprise_project_id": instance["enterprise_project_id"],
                    "id": instance["id"],
                })
            }
        }
    }
}

/// The nodes of a MongoDB instance.
fn nodes(instance: &Value) -> impl Iterator<Item = &Value> {
    let groups = instance["groups"].as_array().into_iter().flatten();
    groups.flat_map(|group| group["nodes"].as_array().into_iter().flatten())
}

/// A time in UTC as it is shown everywhere: whole seconds, and a Z.
fn time(value: &Value) -> Value {
    let text = value.as_str().and_then(|text| text.get(..19));
    text.map_or(Value::Null, |text| format!("{text}Z").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_whose_they_are() {
        for (id, service) in [
            ("6434f74f-2d13-4e6a-89eb-93ee313f1a43", Some(Service::Redis)),
            (
                "0123456789abcdef0123456789abcdefin02",
                Some(Service::Mongodb),
            ),
            ("0123456789abcdef0123456789abcdef", None),
            ("0123456789abcdef0123456789abcdegin02", None),
            ("in02", None),
            ("redis-1", None),
        ] {
            assert_eq!(Service::of_id(id), service, "{id}");
        }
    }
}
