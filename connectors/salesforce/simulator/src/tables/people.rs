//! Organization, User, Profile, UserLicense.

use serde_json::Value;

use super::View;
use crate::org::{License, Profile, User, rest_time};

/// Trials and scratch orgs have so long to go.
const TRIAL_MS: i64 = 30 * 24 * 60 * 60 * 1000;

pub(super) fn organization(view: &View<'_>, column: &str) -> Value {
    let org = view.org;
    match column {
        "Id" => org.id.into(),
        "Name" => org.name.clone().into(),
        "OrganizationType" => org.edition.clone().into(),
        "InstanceName" => org.instance.clone().into(),
        "IsSandbox" => org.kind.is_sandbox().into(),
        "IsReadOnly" => org.is_read_only().into(),
        "TrialExpirationDate" if org.kind.expires() => {
            rest_time(org.started_ms.saturating_add(TRIAL_MS)).into()
        }
        "LanguageLocaleKey" | "DefaultLocaleSidKey" => "en_US".into(),
        "TimeZoneSidKey" => "America/Los_Angeles".into(),
        "PrimaryContact" => view.state.users.get(&org.admin).map(User::name).into(),
        "Country" | "SignupCountryIsoCode" => "US".into(),
        "FiscalYearStartMonth" => 1.into(),
        "UiSkin" => "Theme3".into(),
        "DefaultAccountAccess" | "DefaultOpportunityAccess" => "Edit".into(),
        "DefaultContactAccess" => "ControlledByParent".into(),
        "DefaultLeadAccess" | "DefaultCaseAccess" => "ReadEditTransfer".into(),
        "DefaultCalendarAccess" => "HideDetailsInsert".into(),
        "DefaultPricebookAccess" => "ReadSelect".into(),
        "DefaultCampaignAccess" => "All".into(),
        "WebToCaseDefaultOrigin" => "Web".into(),
        "NumKnowledgeService" | "MonthlyPageViewsUsed" | "MonthlyPageViewsEntitlement" => 0.into(),
        "ReceivesInfoEmails" | "ReceivesAdminInfoEmails" | "PreferencesConsentManagementEnabled" => {
            true.into()
        }
        name if name.starts_with("Preferences") || name == "UsesStartDateAsFiscalYearName" => false.into(),
        "CreatedDate" | "LastModifiedDate" | "SystemModstamp" => born(view).into(),
        "CreatedById" | "LastModifiedById" => org.admin.into(),
        _ => Value::Null,
    }
}

fn born(view: &View<'_>) -> String {
    rest_time(view.state.users.get(&view.org.admin).map_or(0, |admin| admin.created_ms))
}

pub(super) fn user(view: &View<'_>, user: &User, column: &str) -> Value {
    match column {
        "Id" => user.id.into(),
        "Username" => user.username.clone().into(),
        "FirstName" => user.first_name.clone().into(),
        "LastName" => user.last_name.clone().into(),
        "Name" => user.name().into(),
        "Email" => user.email.clone().into(),
        "Alias" => user.last_name.chars().take(8).collect::<String>().to_lowercase().into(),
        "CommunityNickname" => format!("{}{}", user.first_name, user.last_name).to_lowercase().into(),
        "IsActive" => user.active.into(),
        "IsDeleted" => false.into(),
        "ProfileId" => user.profile.into(),
        "UserType" => view.state.profiles.get(&user.profile).map(|profile| profile.user_type.clone()).into(),
        "TimeZoneSidKey" => "America/Los_Angeles".into(),
        "LocaleSidKey" | "LanguageLocaleKey" => "en_US".into(),
        "EmailEncodingKey" => "UTF-8".into(),
        "LastLoginDate" => user.last_login_ms.map(rest_time).into(),
        "CreatedDate" | "LastModifiedDate" | "SystemModstamp" | "LastPasswordChangeDate" => {
            rest_time(user.created_ms).into()
        }
        "CreatedById" | "LastModifiedById" => view.org.admin.into(),
        name if name.starts_with("UserPermissions")
            || name.starts_with("Is")
            || name.starts_with("Receives") =>
        {
            false.into()
        }
        _ => Value::Null,
    }
}

pub(super) fn profile(view: &View<'_>, profile: &Profile, column: &str) -> Value {
    if let Some(permission) = column.strip_prefix("Permissions") {
        let shadow = view.state.metadata.permission_sets.get(&profile.shadow);
        return shadow.is_some_and(|set| set.permissions.contains(permission)).into();
    }
    match column {
        "Id" => profile.id.into(),
        "Name" => profile.name.clone().into(),
        "UserLicenseId" => profile.license.into(),
        "UserType" => profile.user_type.clone().into(),
        "IsDeleted" => false.into(),
        "CreatedDate" | "LastModifiedDate" | "SystemModstamp" => rest_time(profile.created_ms).into(),
        "CreatedById" | "LastModifiedById" => view.org.admin.into(),
        _ => Value::Null,
    }
}

pub(super) fn license(view: &View<'_>, license: &License, column: &str) -> Value {
    let of_license = |user: &&User| {
        user.active
            && view.state.profiles.get(&user.profile).is_some_and(|profile| profile.license == license.id)
    };
    match column {
        "Id" => license.id.into(),
        "Name" | "MasterLabel" => license.name.into(),
        "LicenseDefinitionKey" => license.key.into(),
        "TotalLicenses" => license.total.into(),
        "UsedLicenses" => view.state.users.values().filter(of_license).count().into(),
        "Status" => "Active".into(),
        "CreatedDate" | "LastModifiedDate" | "SystemModstamp" => born(view).into(),
        _ => Value::Null,
    }
}
