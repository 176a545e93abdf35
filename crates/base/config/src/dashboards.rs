//! Provider files of dashboards, as Grafana has them: in which folders documents lie, and in which
//! folder of the list they are shown.

use std::path::{Path, PathBuf};

use crate::error::Fault;
use crate::schema::{Section, boolean, table, tables, text, uint};
use crate::table::Table;
use crate::{ConfigError, environment, load, read, yaml};

/// One provider: a folder of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardProvider {
    /// `name`: unique within a file.
    pub name: String,
    /// `folder`: under which name its dashboards are listed; empty: at the top.
    pub folder: String,
    /// `options.path`: the folder of the documents, or one document.
    pub path: PathBuf,
    /// `options.foldersFromFilesStructure`: dashboards are listed under the name of the folder
    /// that they lie in.
    pub folders_from_files: bool,
    /// `allowUiUpdates`: dashboards may be saved.
    pub allow_updates: bool,
}

static FILE: Section = Section::new(
    &[&[uint("apiVersion"), tables("providers", &PROVIDER)]],
    &[],
);

static PROVIDER: Section = Section::new(
    &[&[
        text("name"),
        text("folder"),
        text("type"),
        boolean("allowUiUpdates"),
        table("options", &OPTIONS),
    ]],
    &[],
);

static OPTIONS: Section = Section::new(
    &[&[text("path"), boolean("foldersFromFilesStructure")]],
    &[],
);

/// Reads a provider file; variables of the environment are filled in.
pub fn load_dashboard_providers(path: &Path) -> Result<Vec<DashboardProvider>, ConfigError> {
    let text = load::read_file(path)?;
    parse(&text, path, &|name| std::env::var(name).ok())
}

/// Checks the text of a file; paths in it are relative to the file's folder. Keys that are not
/// known are passed over: the file is Grafana's, which has more to say.
fn parse(
    text: &str,
    file: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<DashboardProvider>, ConfigError> {
    let within = |fault: Fault| fault.within(file);
    let root = yaml::parse(text).map_err(within)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let table = read::document_with_more(&FILE, &root, folder).map_err(within)?;
    let mut providers: Vec<DashboardProvider> = Vec::new();
    for one in table.tables("providers") {
        let provider = provider(one, folder, environment).map_err(within)?;
        if providers.iter().any(|known| known.name == provider.name) {
            let told = format!("another provider is named {:?}", provider.name);
            return Err(within(one.fault("name", told)));
        }
        providers.push(provider);
    }
    Ok(providers)
}

fn provider(
    one: &Table,
    folder: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<DashboardProvider, Fault> {
    let kind = one.text("type");
    if !matches!(kind, "" | "file") {
        let told = format!("only providers of type \"file\" are known, not {kind:?}");
        return Err(one.fault("type", told));
    }
    let expanded = |text: &str| environment::expand(text, environment);
    let Some(options) = one.table("options").filter(|options| options.has("path")) else {
        return Err(one.fault("options", "`path` must be given, and is missing or empty"));
    };
    Ok(DashboardProvider {
        name: expanded(one.text("name")),
        folder: expanded(one.text("folder")),
        path: PathBuf::from(read::resolve(folder, &expanded(options.text("path")))),
        folders_from_files: options.bool("foldersFromFilesStructure"),
        allow_updates: one.bool("allowUiUpdates"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<DashboardProvider>, String> {
        let environment = |name: &str| (name == "TEAM").then(|| "ops".to_owned());
        parse(text, Path::new("/etc/d.yml"), &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn files_of_grafana_are_read() {
        let text = "
apiVersion: 1
providers:
  - name: default
    orgId: 1
    folder: ''
    type: file
    disableDeletion: false
    updateIntervalSeconds: 10
    options: {path: /var/lib/dashboards}
  - name: own
    folder: $TEAM
    allowUiUpdates: true
    options: {path: '${TEAM}/boards', foldersFromFilesStructure: true}
";
        let expected = |name: &str, folder: &str, path: &str, own| DashboardProvider {
            name: name.to_owned(),
            folder: folder.to_owned(),
            path: PathBuf::from(path),
            folders_from_files: own,
            allow_updates: own,
        };
        let found = read(text).unwrap();
        assert_eq!(
            found,
            [
                expected("default", "", "/var/lib/dashboards", false),
                expected("own", "ops", "/etc/ops/boards", true),
            ]
        );
        assert_eq!(read("apiVersion: 1\n").unwrap(), []);
    }

    #[test]
    fn faults_have_their_place() {
        for (text, expected) in [
            (
                "providers: [{name: a}]",
                "/etc/d.yml:1:13: providers[0].options: `path` must",
            ),
            (
                "providers:\n  - {name: a, type: http, options: {path: x}}",
                "/etc/d.yml:2:21: providers[0].type: only",
            ),
            (
                "providers:\n  - {name: a, options: {path: x}}\n  - {name: a, options: {path: y}}",
                "/etc/d.yml:3:12: providers[1].name: another",
            ),
            (
                "providers: 5",
                "/etc/d.yml:1:12: providers: expected a list",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
