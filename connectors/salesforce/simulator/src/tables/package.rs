//! Packages: what is offered, what is installed, the requests, and who published what.

use std::sync::Arc;

use serde_json::{Value, json};

use super::View;
use crate::org::{Id, rest_time};
use crate::package::{InstallRequest, Installed, Package, Progress, UninstallRequest, verdict};

/// The tables of this module.
pub(super) const TABLES: [&str; 7] = [
    "SubscriberPackage",
    "SubscriberPackageVersion",
    "InstalledSubscriberPackage",
    "PackageInstallRequest",
    "SubscriberPackageVersionUninstallRequest",
    "PackageVersionUninstallRequestError",
    "Publisher",
];

/// One row.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    Package(Arc<Package>),
    /// A version by its place in the list.
    Version(Arc<Package>, usize),
    Installed(Box<Installed>),
    Install(Box<InstallRequest>),
    Uninstall(Box<UninstallRequest>),
    UninstallError {
        request: Id,
        at: usize,
        message: String,
    },
    /// Who made what carries no namespace: Salesforce, and the org itself.
    Salesforce,
    PublishedBy(Box<Installed>),
}

/// Visits the rows of one table.
pub(super) fn rows(view: &View<'_>, table: &str, visit: &mut dyn FnMut(Line)) {
    let packages = &view.state.packages;
    let offered = || view.org.config.packages.iter().cloned().map(Arc::new);
    match table {
        "SubscriberPackage" => offered().for_each(|package| visit(Line::Package(package))),
        "SubscriberPackageVersion" => offered().for_each(|package| {
            (0..package.versions.len()).for_each(|at| visit(Line::Version(Arc::clone(&package), at)));
        }),
        "InstalledSubscriberPackage" => {
            packages.installed.values().for_each(|one| visit(Line::Installed(Box::new(one.clone()))))
        }
        "PackageInstallRequest" => {
            packages.installs.values().for_each(|one| visit(Line::Install(Box::new(one.clone()))))
        }
        "SubscriberPackageVersionUninstallRequest" => {
            packages.uninstalls.values().for_each(|one| visit(Line::Uninstall(Box::new(one.clone()))))
        }
        "PackageVersionUninstallRequestError" => packages.uninstalls.values().for_each(|one| {
            if let Progress::Error(wrong) = &one.progress {
                for (at, message) in wrong.iter().enumerate() {
                    visit(Line::UninstallError { request: one.id, at, message: message.clone() });
                }
            }
        }),
        "Publisher" => {
            visit(Line::Salesforce);
            packages.installed.values().for_each(|one| visit(Line::PublishedBy(Box::new(one.clone()))));
        }
        _ => {}
    }
}

impl Line {
    pub(super) fn value(&self, view: &View<'_>, column: &str) -> Value {
        match self {
            Self::Package(package) => of_package(package, column),
            Self::Version(package, at) => version(view, package, *at, column),
            Self::Installed(installed) => of_installed(installed, column),
            Self::Install(request) => install(request, column),
            Self::Uninstall(request) => uninstall(request, column),
            Self::UninstallError { request, at, message } => match column {
                "Id" => Id::derived("07y", &[request.as_str(), &at.to_string()]).into(),
                "ParentRequestId" => (*request).into(),
                "Message" => message.clone().into(),
                _ => Value::Null,
            },
            Self::Salesforce => match column {
                "Id" => Id::derived("0pb", &["System"]).into(),
                "DurableId" => "System".into(),
                "Name" => "Salesforce".into(),
                "IsSalesforce" => true.into(),
                _ => Value::Null,
            },
            Self::PublishedBy(installed) => publisher(installed, column),
        }
    }
}

fn of_package(package: &Package, column: &str) -> Value {
    match column {
        "Id" => package.id.into(),
        "Name" => package.name.clone().into(),
        "NamespacePrefix" => package.namespace.clone().into(),
        "IsPackageValid" => true.into(),
        _ => Value::Null,
    }
}

fn version(view: &View<'_>, package: &Package, at: usize, column: &str) -> Value {
    let Some(version) = package.versions.get(at) else { return Value::Null };
    let [major, minor, patch, build] = version.number;
    match column {
        "Id" => version.id.into(),
        "SubscriberPackageId" => package.id.into(),
        "Name" => format!("{} {}", package.name, version.text()).into(),
        "PublisherName" => package.publisher.clone().into(),
        "MajorVersion" => major.into(),
        "MinorVersion" => minor.into(),
        "PatchVersion" => patch.into(),
        "BuildNumber" => build.into(),
        "IsBeta" => version.beta.into(),
        "ReleaseState" => if version.beta { "Beta" } else { "Released" }.into(),
        "Package2ContainerOptions" => "Managed".into(),
        "IsManaged" | "IsSecurityReviewed" => true.into(),
        "IsPasswordProtected" => version.key.is_some().into(),
        "IsDeprecated" | "IsOrgDependent" => false.into(),
        "InstallValidationStatus" => {
            verdict(view.org, &view.state.packages, package, version).as_str().into()
        }
        _ => Value::Null,
    }
}

fn of_installed(installed: &Installed, column: &str) -> Value {
    match column {
        "Id" => installed.id.into(),
        "SubscriberPackageId" => installed.package.id.into(),
        "SubscriberPackageVersionId" => installed.version.into(),
        "MinPackageVersionId" => installed.first.into(),
        _ => Value::Null,
    }
}

fn install(request: &InstallRequest, column: &str) -> Value {
    match column {
        "Id" => request.id.into(),
        "SubscriberPackageVersionKey" => request.version.into(),
        "SecurityType" => request.security.as_str().into(),
        "Status" => match request.progress {
            Progress::Queued | Progress::InProgress => "IN_PROGRESS",
            Progress::Success => "SUCCESS",
            Progress::Error(_) => "ERROR",
        }
        .into(),
        "Errors" => errors(&request.progress),
        "IsDeleted" => false.into(),
        "CreatedById" | "LastModifiedById" => request.by.into(),
        "CreatedDate" => rest_time(request.created_ms).into(),
        "LastModifiedDate" | "SystemModstamp" => rest_time(request.modified_ms).into(),
        // The key is for the installation alone.
        "Password" => Value::Null,
        other => request.given.get(other).cloned().unwrap_or_default(),
    }
}

fn errors(progress: &Progress) -> Value {
    match progress {
        Progress::Error(wrong) => {
            json!({"errors": wrong.iter().map(|message| json!({"message": message})).collect::<Vec<_>>()})
        }
        _ => Value::Null,
    }
}

fn uninstall(request: &UninstallRequest, column: &str) -> Value {
    match column {
        "Id" => request.id.into(),
        "SubscriberPackageVersionId" => request.version.into(),
        "Status" => match request.progress {
            Progress::Queued => "Queued",
            Progress::InProgress => "InProgress",
            Progress::Success => "Success",
            Progress::Error(_) => "Error",
        }
        .into(),
        "IsDeleted" => false.into(),
        "CreatedById" | "LastModifiedById" => request.by.into(),
        "CreatedDate" => rest_time(request.created_ms).into(),
        "LastModifiedDate" | "SystemModstamp" => rest_time(request.modified_ms).into(),
        _ => Value::Null,
    }
}

fn publisher(installed: &Installed, column: &str) -> Value {
    let package = &installed.package;
    let number = package.version(installed.version).map(|version| version.number).unwrap_or_default();
    match column {
        "Id" => Id::derived("0pb", &[&package.namespace]).into(),
        "DurableId" => package.namespace.clone().into(),
        "Name" => package.publisher.clone().into(),
        "NamespacePrefix" => package.namespace.clone().into(),
        "IsSalesforce" => false.into(),
        "MajorVersion" => number[0].into(),
        "MinorVersion" => number[1].into(),
        _ => Value::Null,
    }
}
