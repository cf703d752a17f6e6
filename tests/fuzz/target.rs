//! What is fed.

use clap::ValueEnum;
use salesforce_simulator::apex::syntax;
use salesforce_simulator::metadata::archive::Archive;
use salesforce_simulator::org::{Metadata, ObjectKind, ObjectType};
use salesforce_simulator::readers;
use salesforce_simulator::rules::formula::{Formula, Wanted};

use super::org::{Door, Service};
use super::seeds;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// Each of the others.
    All,
    /// The parser of Apex.
    Apex,
    /// The reader of queries.
    Soql,
    /// The reader of formulas.
    Formula,
    /// The reader of metadata files.
    Xml,
    /// The reader of the zips of deployments.
    Zip,
    /// Records with bytes beside them, through a running service.
    Multipart,
    /// Deployments over REST, through a running service.
    Deploy,
    /// Envelopes of SOAP, through a running service.
    Soap,
}

impl Target {
    pub const EACH: [Self; 8] = [
        Self::Apex,
        Self::Soql,
        Self::Formula,
        Self::Xml,
        Self::Zip,
        Self::Multipart,
        Self::Deploy,
        Self::Soap,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Apex => "apex",
            Self::Soql => "soql",
            Self::Formula => "formula",
            Self::Xml => "xml",
            Self::Zip => "zip",
            Self::Multipart => "multipart",
            Self::Deploy => "deploy",
            Self::Soap => "soap",
        }
    }

    /// Real inputs.
    pub fn seeds(self) -> Vec<Vec<u8>> {
        match self {
            Self::All => Vec::new(),
            Self::Apex => seeds::programs(),
            Self::Soql => seeds::lines(seeds::QUERIES),
            Self::Formula => seeds::lines(seeds::FORMULAS),
            Self::Xml => seeds::files(),
            Self::Zip => seeds::zips(),
            Self::Multipart => vec![seeds::record_form()],
            Self::Deploy => seeds::zips().iter().map(|zip| seeds::deploy_form(zip)).collect(),
            Self::Soap => seeds::envelopes(),
        }
    }

    /// Pieces that break things.
    pub fn pieces(self) -> &'static [&'static str] {
        match self {
            Self::All | Self::Apex => &seeds::APEX_PIECES,
            Self::Soql => &seeds::SOQL_PIECES,
            Self::Formula => &seeds::FORMULA_PIECES,
            Self::Xml | Self::Soap => &seeds::XML_PIECES,
            Self::Zip => &seeds::ZIP_PIECES,
            Self::Multipart | Self::Deploy => &seeds::FORM_PIECES,
        }
    }
}

/// Feeds one target.
pub struct Feeder {
    target: Target,
    door: Option<Door>,
    taken: u64,
}

impl Feeder {
    pub fn new(target: Target) -> Self {
        let service = match target {
            Target::Multipart => Some(Service::Records),
            Target::Deploy => Some(Service::Deployments),
            Target::Soap => Some(Service::Soap),
            _ => None,
        };
        Self { target, door: service.map(Door::open), taken: 0 }
    }

    /// How many inputs were taken for good.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Feeds one input, and says what is wrong with how it was treated.
    pub fn feed(&mut self, input: &[u8]) -> Result<(), String> {
        let text = String::from_utf8_lossy(input);
        let taken = match self.target {
            Target::All => false,
            Target::Apex => {
                let _ = syntax::length_without_comments(&text);
                let trigger = syntax::parse_trigger(&text).is_ok();
                let anonymous = syntax::parse_anonymous_unit(&text).is_ok();
                syntax::parse_class(&text).is_ok() || trigger || anonymous
            }
            Target::Soql => readers::soql(&text).is_ok(),
            Target::Formula => {
                let object = ObjectType::bare("Account", ObjectKind::Standard);
                Formula::compile(&text, &Metadata::default(), &object, Wanted::Boolean).is_ok()
            }
            Target::Xml => readers::metadata_xml(input).is_ok(),
            Target::Zip => Archive::read(input).is_ok(),
            Target::Multipart | Target::Deploy | Target::Soap => match &mut self.door {
                Some(door) => door.send(input)?,
                None => false,
            },
        };
        self.taken += u64::from(taken);
        Ok(())
    }
}
