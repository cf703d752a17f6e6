//! Custom objects that make an org as large as asked, always the same for the same seed.

use super::field::{Field, FieldType};
use super::id::{Id, mix, prefix};
use super::schema::{ObjectType, SharingModel};

const NOUNS: [&str; 40] = [
    "Shipment",
    "Invoice",
    "Inspection",
    "Vendor",
    "Facility",
    "Vehicle",
    "Claim",
    "Policy_Holder",
    "Warranty",
    "Audit_Finding",
    "Booking",
    "Course",
    "Candidate",
    "Job_Posting",
    "Timesheet",
    "Expense",
    "Milestone",
    "Survey",
    "Survey_Answer",
    "Grant_Request",
    "Patient_Visit",
    "Lab_Result",
    "Referral",
    "Equipment",
    "Spare_Part",
    "Service_Visit",
    "Rate_Card",
    "Territory_Plan",
    "Store_Visit",
    "Promotion",
    "Loan",
    "Collateral",
    "Covenant",
    "Risk_Review",
    "Document_Request",
    "Onboarding_Task",
    "Partner_Deal",
    "Certificate",
    "Meter_Reading",
    "Tariff",
];

const FIELDS: [(&str, FieldType, u32); 16] = [
    ("Status__c", FieldType::Picklist, 255),
    ("Amount__c", FieldType::Currency, 0),
    ("Due_Date__c", FieldType::Date, 0),
    ("Description__c", FieldType::TextArea, 32_768),
    ("External_Key__c", FieldType::String, 40),
    ("Contact_Email__c", FieldType::Email, 80),
    ("Approved__c", FieldType::Boolean, 0),
    ("Quantity__c", FieldType::Double, 0),
    ("Closed_At__c", FieldType::DateTime, 0),
    ("Region__c", FieldType::Picklist, 255),
    ("Phone__c", FieldType::Phone, 40),
    ("Link__c", FieldType::Url, 255),
    ("Share__c", FieldType::Percent, 0),
    ("Notes__c", FieldType::TextArea, 4_000),
    ("Account__c", FieldType::Reference, 18),
    ("Contact__c", FieldType::Reference, 18),
];

/// The generated object number `index`.
pub fn object(seed: u64, index: usize, now_ms: i64, by: Id) -> ObjectType {
    let noun = NOUNS[index % NOUNS.len()];
    let name = format!("{noun}_{}__c", index / NOUNS.len() + 1);
    let label = format!("{} {}", noun.replace('_', " "), index / NOUNS.len() + 1);
    let choice = mix(seed ^ (index as u64).wrapping_mul(0x9E37_79B9));
    let count = 4 + (choice % 9) as usize;
    let fields =
        (0..count).map(|at| field(&name, (choice as usize / 16 + at * 7) % FIELDS.len(), at, now_ms));
    let mut seen = std::collections::BTreeSet::new();
    let fields: Vec<Field> = fields.filter(|field| seen.insert(field.name.clone())).collect();
    let id = Id::derived(prefix::CUSTOM_OBJECT, &[&name, &seed.to_string()]);
    let auto = choice & 0x100 == 0;
    let name_field = Field {
        label: format!("{label} Name"),
        length: 80,
        nillable: false,
        auto_number: auto,
        createable: !auto,
        updateable: !auto,
        defaulted: auto,
        ..Field::new("Name", FieldType::String)
    };
    ObjectType {
        built_in: true,
        sharing: match choice >> 12 & 3 {
            0 => SharingModel::Private,
            1 => SharingModel::Read,
            _ => SharingModel::ReadWrite,
        },
        feed_enabled: choice >> 16 & 3 == 0,
        created_ms: now_ms,
        created_by: Some(by),
        modified_ms: now_ms,
        modified_by: Some(by),
        ..ObjectType::custom(&name, &label, id, &key_prefix(index), name_field, fields)
    }
}

/// `a00`, `a01`…, in base 36 over the two last places, then on to `b00` and so on.
pub fn key_prefix(index: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let first = b"abcdghijklmnopqrstuvwxyz"[index / (62 * 62) % 24] as char;
    let digit = |at: usize| DIGITS[at % 62] as char;
    format!("{first}{}{}", digit(index / 62), digit(index))
}

fn field(object: &str, which: usize, at: usize, now_ms: i64) -> Field {
    let (name, kind, length) = FIELDS[which];
    let base = match kind {
        FieldType::Reference if name == "Account__c" => Field::reference(name, &["Account"], "Account__r"),
        FieldType::Reference => Field::reference(name, &["Contact"], "Contact__r"),
        _ => Field::new(name, kind),
    };
    Field {
        id: Some(Id::derived(prefix::CUSTOM_FIELD, &[object, name])),
        length,
        scale: if matches!(kind, FieldType::Currency | FieldType::Percent) { 2 } else { 0 },
        external_id: name == "External_Key__c",
        picklist: match name {
            "Status__c" => ["New", "Open", "On Hold", "Closed"].map(str::to_owned).to_vec(),
            "Region__c" => ["EMEA", "APAC", "AMER"].map(str::to_owned).to_vec(),
            _ => Vec::new(),
        },
        child_relationship: (kind == FieldType::Reference)
            .then(|| object.replace("__c", &format!("_{at}__r"))),
        built_in: true,
        modified_ms: now_ms,
        ..base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_object_and_prefixes_do_not_meet() {
        let by = Id::derived("005", &["x"]);
        assert_eq!(object(1, 77, 5, by), object(1, 77, 5, by));
        let prefixes: std::collections::BTreeSet<_> = (0..20_000).map(key_prefix).collect();
        assert_eq!(prefixes.len(), 20_000);
        assert!(prefixes.iter().all(|prefix| !prefix.starts_with('e')));
    }
}
