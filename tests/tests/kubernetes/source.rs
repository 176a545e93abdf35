//! An API server that a case can fill.

use argand_tests::kube::FakeKube;
use serde_json::Value;

/// An API server that a case can fill.
pub(crate) trait Source {
    /// What a section says to reach it, as fields of a flow mapping.
    fn access(&self) -> String;

    /// Makes or replaces an object, its status included.
    fn put(&self, object: &Value);

    /// Deletes an object.
    fn delete(&self, object: &Value);
}

impl Source for FakeKube {
    fn access(&self) -> String {
        format!("api_server: '{}'", self.url)
    }

    fn put(&self, object: &Value) {
        FakeKube::put(self, object.clone()).unwrap();
    }

    fn delete(&self, object: &Value) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let namespace = text("/metadata/namespace").unwrap_or_default();
        let (kind, name) = (text("/kind").unwrap(), text("/metadata/name").unwrap());
        FakeKube::delete(self, kind, namespace, name).unwrap();
    }
}
