//! The people, profiles and permission sets that an org is born with.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::access::{Assignment, FieldAccess, ObjectAccess, PermissionSet, Profile};
use super::id::{Id, IdGenerator, mix, prefix};
use super::standard::user_permissions;
use super::user::User;

/// A licence that users of a profile consume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    pub id: Id,
    pub name: &'static str,
    pub key: &'static str,
    pub total: u32,
}

/// What [`populate`] makes.
#[derive(Debug)]
pub struct Population {
    pub licenses: Vec<License>,
    pub profiles: BTreeMap<Id, Profile>,
    pub permission_sets: BTreeMap<Id, Arc<PermissionSet>>,
    pub users: BTreeMap<Id, User>,
    pub assignments: BTreeMap<Id, Assignment>,
    pub admin: Id,
    pub user: Id,
}

const SALESFORCE: usize = 0;
const PLATFORM: usize = 1;
const CHATTER: usize = 2;
const EXTERNAL: usize = 3;
const INTEGRATION: usize = 4;

const LICENSES: [(&str, &str, u32); 5] = [
    ("Salesforce", "SFDC", 25),
    ("Salesforce Platform", "AUL", 10),
    ("Chatter Free", "CHATTER_FREE", 5_000),
    ("Customer Community", "PID_Customer_Community", 100),
    ("Salesforce Integration", "INTEGRATION", 5),
];

#[derive(Clone, Copy)]
enum Reach {
    Everything,
    Write,
    Read,
    Nothing,
}

/// Profile name, licence, user type, reach, permissions beyond the usual.
const PROFILES: [(&str, usize, &str, Reach, &[&str]); 13] = [
    ("System Administrator", SALESFORCE, "Standard", Reach::Everything, &[]),
    (
        "Standard User",
        SALESFORCE,
        "Standard",
        Reach::Write,
        &["ApiEnabled", "RunReports", "EditTask", "EditEvent", "ExportReport"],
    ),
    (
        "Marketing User",
        SALESFORCE,
        "Standard",
        Reach::Write,
        &["ApiEnabled", "RunReports", "EditPublicDocuments", "ManageCssUsers"],
    ),
    (
        "Contract Manager",
        SALESFORCE,
        "Standard",
        Reach::Write,
        &["ApiEnabled", "RunReports", "ActivateContract"],
    ),
    (
        "Solution Manager",
        SALESFORCE,
        "Standard",
        Reach::Write,
        &["ApiEnabled", "RunReports", "ManageSolutions"],
    ),
    ("Read Only", SALESFORCE, "Standard", Reach::Read, &["ApiEnabled", "RunReports"]),
    (
        "Security Auditor",
        SALESFORCE,
        "Standard",
        Reach::Read,
        &["ApiEnabled", "RunReports", "ViewSetup", "ViewAllData", "QueryAllFiles"],
    ),
    ("Minimum Access - Salesforce", SALESFORCE, "Standard", Reach::Nothing, &["ApiEnabled"]),
    ("Standard Platform User", PLATFORM, "Standard", Reach::Write, &["ApiEnabled", "RunReports"]),
    ("Chatter Free User", CHATTER, "CSNOnly", Reach::Nothing, &["ChatterInternalUser"]),
    ("Chatter External User", CHATTER, "CSNOnly", Reach::Nothing, &[]),
    ("Customer Community User", EXTERNAL, "CspLitePortal", Reach::Nothing, &[]),
    (
        "Salesforce API Only System Integrations",
        INTEGRATION,
        "Standard",
        Reach::Nothing,
        &["ApiEnabled", "ApiUserOnly"],
    ),
];

/// Whether every org has a profile of this name.
pub fn is_standard_profile(name: &str) -> bool {
    PROFILES.iter().any(|(standard, ..)| *standard == name)
}

/// Permission set API name, label, permissions, rights on built-in objects.
const PERMISSION_SETS: [(&str, &str, &[&str], ObjectAccess); 10] = [
    (
        "Report_Builder",
        "Report Builder",
        &["RunReports", "ExportReport", "ManageDashboards"],
        ObjectAccess::READ,
    ),
    ("Setup_Viewer", "Setup Viewer", &["ViewSetup"], NONE),
    ("Data_Steward", "Data Steward", &["ViewAllData", "TransferAnyEntity"], ObjectAccess::READ),
    ("File_Reviewer", "File Reviewer", &["QueryAllFiles"], NONE),
    (
        "Apex_Developer",
        "Apex Developer",
        &["AuthorApex", "ViewSetup", "ModifyMetadata", "CustomizeApplication"],
        NONE,
    ),
    ("User_Manager", "User Manager", &["ManageUsers", "AssignPermissionSets", "ViewSetup"], NONE),
    ("Sales_Operations", "Sales Operations", &["TransferAnyLead", "MassInlineEdit"], ObjectAccess::CRUD),
    ("Support_Agent", "Support Agent", &["EditCaseComments", "ManageCases"], ObjectAccess::CRUD),
    ("Knowledge_Editor", "Knowledge Editor", &["EditKnowledge", "ManageKnowledge"], NONE),
    ("Login_As_Auditor", "Login As Auditor", &["ViewEventLogFiles", "ViewSetup"], NONE),
];

const NONE: ObjectAccess = ObjectAccess {
    read: false,
    create: false,
    edit: false,
    delete: false,
    view_all: false,
    modify_all: false,
};

const FIRST: [&str; 12] =
    ["Mara", "Jonas", "Aiko", "Priya", "Luis", "Chidi", "Elin", "Tomas", "Noor", "Grace", "Ivan", "Wei"];
const LAST: [&str; 12] = [
    "Keller",
    "Okafor",
    "Tanaka",
    "Silva",
    "Berg",
    "Novak",
    "Haddad",
    "Moreau",
    "Rossi",
    "Lindqvist",
    "Chen",
    "Patel",
];

/// Administrators do not hold these unless somebody gives them: they take things away, or are given by hand.
const NOT_FOR_ADMINISTRATORS: [&str; 6] = [
    "ApiUserOnly",
    "ChatterInternalUser",
    "IsSsoEnabled",
    "ForceTwoFactor",
    "PasswordNeverExpires",
    "QueryAllFiles",
];

/// Profiles and permission sets that every org has.
pub const SETS_LEAST: usize = PROFILES.len() + PERMISSION_SETS.len();

/// Profiles and permission sets beyond those that every org has.
#[derive(Debug, Clone, Copy)]
pub struct Departments {
    pub profiles: usize,
    pub sets: usize,
}

impl Departments {
    /// A larger org has more departments, each with a profile and a permission set of its own.
    pub fn of_org(objects: usize) -> Self {
        let number = (objects / 100).min(200);
        Self { profiles: number, sets: number }
    }
}

/// Makes profiles, permission sets and users.
pub fn populate(
    ids: &IdGenerator,
    seed: u64,
    departments: Departments,
    domain: &str,
    born_ms: i64,
) -> Population {
    let licenses: Vec<License> = LICENSES
        .iter()
        .map(|&(name, key, total)| License { id: ids.next(prefix::USER_LICENSE), name, key, total })
        .collect();
    let mut sets = BTreeMap::new();
    let mut profiles = BTreeMap::new();
    let mut by_index = Vec::new();
    for (name, license, user_type, reach, permissions) in PROFILES {
        let license = licenses[license].id;
        let (profile, shadow) = profile(ids, name, license, user_type, born_ms);
        let shadow = shape(shadow, reach, permissions);
        by_index.push(profile.id);
        sets.insert(shadow.id, Arc::new(shadow));
        profiles.insert(profile.id, profile);
    }
    for number in 0..departments.profiles {
        let name = format!("Department {} User", number + 1);
        let (profile, shadow) = profile(ids, &name, licenses[SALESFORCE].id, "Standard", born_ms);
        let shadow = shape(shadow, if number % 3 == 0 { Reach::Read } else { Reach::Write }, &["ApiEnabled"]);
        sets.insert(shadow.id, Arc::new(shadow));
        profiles.insert(profile.id, profile);
    }
    for number in 0..departments.sets {
        let mut set = PermissionSet::new(
            ids.next(prefix::PERMISSION_SET),
            &format!("Department_{}", number + 1),
            &format!("Department {}", number + 1),
        );
        set.created_ms = born_ms;
        set.modified_ms = born_ms;
        sets.insert(set.id, Arc::new(set));
    }
    for (name, label, permissions, access) in PERMISSION_SETS {
        let mut set = PermissionSet::new(ids.next(prefix::PERMISSION_SET), name, label);
        set.permissions = known(permissions);
        set.built_in_objects = access;
        set.built_in_fields = FieldAccess { read: access.read, edit: access.edit };
        set.created_ms = born_ms;
        set.modified_ms = born_ms;
        sets.insert(set.id, Arc::new(set));
    }

    let mut users = BTreeMap::new();
    let mut add = |first: &str, last: &str, username: String, profile: Id, password: String| {
        let id = ids.next(prefix::USER);
        let email = format!("{}.{}@{domain}", first.to_lowercase(), last.to_lowercase());
        let user = User {
            id,
            username,
            password,
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            email,
            profile,
            active: true,
            created_ms: born_ms,
            last_login_ms: None,
        };
        users.insert(id, user);
        id
    };
    let password = |who: u64| format!("Sim-{:016x}", mix(seed.wrapping_mul(31).wrapping_add(who)));
    let admin = add("Ada", "Admin", format!("admin@{domain}"), by_index[0], password(1));
    let user = add("Uma", "User", format!("user@{domain}"), by_index[1], password(2));
    for number in 0..10usize {
        let choice = mix(seed ^ (number as u64 + 1)) as usize;
        let (first, last) = (FIRST[choice % FIRST.len()], LAST[choice / 16 % LAST.len()]);
        let username = format!("{}.{}{number}@{domain}", first.to_lowercase(), last.to_lowercase());
        add(first, last, username, by_index[1 + number % (by_index.len() - 1)], password(10 + number as u64));
    }
    let assignments = users
        .values()
        .map(|user| {
            let id = ids.next(prefix::PERMISSION_SET_ASSIGNMENT);
            let set = profiles[&user.profile].shadow;
            (id, Assignment { id, assignee: user.id, set, created_ms: born_ms })
        })
        .collect();
    Population { licenses, profiles, permission_sets: sets, users, assignments, admin, user }
}

fn profile(
    ids: &IdGenerator,
    name: &str,
    license: Id,
    user_type: &str,
    born_ms: i64,
) -> (Profile, PermissionSet) {
    let id = ids.next(prefix::PROFILE);
    let shadow = ids.next(prefix::PERMISSION_SET);
    let profile = Profile {
        id,
        name: name.to_owned(),
        license,
        user_type: user_type.to_owned(),
        shadow,
        created_ms: born_ms,
    };
    let mut set =
        PermissionSet::new(shadow, &format!("X{}", id.short()), &format!("{}{}", shadow.short(), born_ms));
    set.profile = Some(id);
    set.license = Some(license);
    set.created_ms = born_ms;
    set.modified_ms = born_ms;
    (profile, set)
}

fn shape(mut set: PermissionSet, reach: Reach, permissions: &[&str]) -> PermissionSet {
    set.permissions = known(permissions);
    (set.built_in_objects, set.built_in_fields) = match reach {
        Reach::Everything => (ObjectAccess::FULL, FieldAccess::FULL),
        Reach::Write => (ObjectAccess::CRUD, FieldAccess::FULL),
        Reach::Read => (ObjectAccess::READ, FieldAccess { read: true, edit: false }),
        Reach::Nothing => (NONE, FieldAccess::default()),
    };
    if matches!(reach, Reach::Everything) {
        let all = user_permissions().filter(|name| !NOT_FOR_ADMINISTRATORS.contains(name));
        set.permissions = all.map(str::to_owned).collect();
    }
    set
}

fn known(permissions: &[&str]) -> std::collections::BTreeSet<String> {
    permissions.iter().map(|name| (*name).to_owned()).collect()
}
