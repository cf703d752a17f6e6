//! What Salesforce has and this org does not: refused by name.

/// Types, by their full names. A last `.*` stands for all of a namespace.
pub(in crate::apex) const TYPES: &[&str] = &[
    "ApexPages.*",
    "Approval.*",
    "Auth.*",
    "Cache.*",
    "Canvas.*",
    "Compression.*",
    "ConnectApi.*",
    "Context.*",
    "DataSource.*",
    "DataWeave.*",
    "Database.Batchable",
    "Database.BatchableContext",
    "Database.AllowsCallouts",
    "Database.Cursor",
    "Database.GetDeletedResult",
    "Database.GetUpdatedResult",
    "Database.LeadConvert",
    "Database.LeadConvertResult",
    "Database.PaginationCursor",
    "Database.RaisesPlatformEvents",
    "Database.Stateful",
    "Datacloud.*",
    "Dom.*",
    "ExternalService.*",
    "Flow.*",
    "FormulaEval.*",
    "Functions.*",
    "Invocable.*",
    "KbManagement.*",
    "LxScheduler.*",
    "Messaging.*",
    "Metadata.*",
    "Process.*",
    "QuickAction.*",
    "Reports.*",
    "RichMessaging.*",
    "Search.*",
    "Sfc.*",
    "Site.*",
    "Slack.*",
    "Support.*",
    "System.Answers",
    "System.ApexPages",
    "System.Approval",
    "System.AsyncOptions",
    "System.BusinessHours",
    "System.Collator",
    "System.Continuation",
    "System.Cookie",
    "System.Domain",
    "System.DomainCreator",
    "System.DomainParser",
    "System.Flow",
    "System.Formula",
    "System.Http",
    "System.HttpCalloutMock",
    "System.HttpRequest",
    "System.HttpResponse",
    "System.Ideas",
    "System.InstallContext",
    "System.InstallHandler",
    "System.MultiStaticResourceCalloutMock",
    "System.Network",
    "System.OrgLimit",
    "System.OrgLimits",
    "System.Packaging",
    "System.PageReference",
    "System.QuickAction",
    "System.Reports",
    "System.ResetPasswordResult",
    "System.SandboxContext",
    "System.SandboxPostCopy",
    "System.Schedulable",
    "System.SchedulableContext",
    "System.Search",
    "System.SelectOption",
    "System.Site",
    "System.StaticResourceCalloutMock",
    "System.StubProvider",
    "System.UninstallContext",
    "System.UninstallHandler",
    "System.Version",
    "System.WebServiceCallout",
    "System.WebServiceMock",
    "System.XmlStreamReader",
    "System.XmlStreamWriter",
    "TerritoryMgmt.*",
    "TxnSecurity.*",
    "UserProvisioning.*",
    "Wave.*",
];

/// Methods of types that are here otherwise.
pub(in crate::apex) const METHODS: &[&str] = &[
    "Blob.toPdf",
    "Crypto.areEqual",
    "Crypto.decrypt",
    "Crypto.decryptWithManagedIV",
    "Crypto.encrypt",
    "Crypto.encryptWithManagedIV",
    "Crypto.generateAesKey",
    "Crypto.sign",
    "Crypto.signWithCertificate",
    "Crypto.signXML",
    "Crypto.verify",
    "Database.convertLead",
    "Database.deleteAsync",
    "Database.deleteImmediate",
    "Database.executeBatch",
    "Database.getAsyncLocator",
    "Database.getCursor",
    "Database.getDeleted",
    "Database.getUpdated",
    "Database.insertAsync",
    "Database.insertImmediate",
    "Database.updateAsync",
    "Database.updateImmediate",
    "SObject.recalculateFormulas",
    "Schema.describeDataCategoryGroups",
    "Schema.describeDataCategoryGroupStructures",
    "Schema.describeTabs",
    "Schema.getAppDescribe",
    "Schema.getModuleDescribe",
    "String.template",
    "System.abortJob",
    "System.changeOwnPassword",
    "System.isRunningElasticCompute",
    "System.movePassword",
    "System.purgeOldAsyncJobs",
    "System.resetPassword",
    "System.resetPasswordWithEmailTemplate",
    "System.schedule",
    "System.scheduleBatch",
    "System.setPassword",
    "System.submit",
    "System.process",
    "Test.calculatePermissionSetGroup",
    "Test.clearApexPageMessages",
    "Test.createSoqlStub",
    "Test.createStub",
    "Test.createStubQueryRow",
    "Test.createStubQueryRows",
    "Test.enqueueBatchJobs",
    "Test.getExternalAppBrowser",
    "Test.getFlexQueueOrder",
    "Test.getStandardPricebookId",
    "Test.invokeContinuationMethod",
    "Test.invokePage",
    "Test.isSoqlStubDefined",
    "Test.loadData",
    "Test.newSendEmailQuickActionDefaults",
    "Test.setContinuationResponse",
    "Test.setCurrentPage",
    "Test.setCurrentPageReference",
    "Test.setFixedSearchResults",
    "Test.setMock",
    "Test.setReadOnlyApplicationMode",
    "Test.testInstall",
    "Test.testSandboxPostCopyScript",
    "Test.testUninstall",
];

/// The full name of a type that is known and not here.
pub(super) fn type_named(name: &str) -> Option<String> {
    let find = |wanted: &str| {
        TYPES.iter().find_map(|known| match known.strip_suffix(".*") {
            Some(namespace) => {
                let (first, rest) = wanted.split_once('.')?;
                first.eq_ignore_ascii_case(namespace).then(|| format!("{namespace}.{rest}"))
            }
            None => known.eq_ignore_ascii_case(wanted).then(|| (*known).to_owned()),
        })
    };
    find(name).or_else(|| find(&format!("System.{name}")))
}

/// The full name of a method that is known and not here; `owner` with or without `System.`.
pub(super) fn method_named(owner: &str, name: &str) -> Option<String> {
    let short = owner.strip_prefix("System.").unwrap_or(owner);
    let wanted = format!("{short}.{name}");
    let known = METHODS.iter().find(|known| known.eq_ignore_ascii_case(&wanted))?;
    Some(if known.starts_with("System.") { (*known).to_owned() } else { format!("System.{known}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_has_its_full_name() {
        assert_eq!(type_named("httprequest").as_deref(), Some("System.HttpRequest"));
        assert_eq!(type_named("System.Http").as_deref(), Some("System.Http"));
        assert_eq!(type_named("ConnectApi.FeedItem").as_deref(), Some("ConnectApi.FeedItem"));
        assert_eq!(type_named("database.batchable").as_deref(), Some("Database.Batchable"));
        assert_eq!(type_named("Nothing"), None);
        let here = |name: &&&str| crate::apex::platform::type_named(name).is_some();
        assert_eq!(TYPES.iter().find(here), None, "it is here");
        let here = |name: &&&str| {
            name.rsplit_once('.').is_some_and(|(owner, method)| {
                let owners = [format!("System.{owner}"), format!("{owner}.{owner}"), owner.to_owned()];
                owners.iter().any(|owner| !crate::apex::platform::natives(owner, method).is_empty())
            })
        };
        assert_eq!(METHODS.iter().find(here), None, "it is here");
        assert_eq!(method_named("System.Test", "setmock").as_deref(), Some("System.Test.setMock"));
        assert_eq!(method_named("String", "valueOf"), None);
    }
}
