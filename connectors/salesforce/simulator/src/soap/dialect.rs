//! The SOAP APIs of one org: each has a path and namespaces of its own.

/// One SOAP API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `/services/Soap/u/NN.0`: records of any org.
    Partner,
    /// `/services/Soap/c/NN.0`: the same calls, typed by the org's own objects.
    Enterprise,
    /// `/services/Soap/m/NN.0`
    Metadata,
    /// `/services/Soap/s/NN.0`: anonymous code, tests.
    Apex,
}

impl Dialect {
    /// The API that a path belongs to.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path.strip_prefix("/services/Soap/")?.split('/').next()? {
            "u" => Some(Self::Partner),
            "c" => Some(Self::Enterprise),
            "m" => Some(Self::Metadata),
            "s" => Some(Self::Apex),
            _ => None,
        }
    }

    /// Namespace of its requests and answers.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::Partner => "urn:partner.soap.sforce.com",
            Self::Enterprise => "urn:enterprise.soap.sforce.com",
            Self::Metadata => "http://soap.sforce.com/2006/04/metadata",
            Self::Apex => "http://soap.sforce.com/2006/08/apex",
        }
    }

    /// What `sf:` stands for in its faults.
    pub(super) fn fault_namespace(self) -> &'static str {
        match self {
            Self::Partner => "urn:fault.partner.soap.sforce.com",
            Self::Enterprise => "urn:fault.enterprise.soap.sforce.com",
            Self::Metadata | Self::Apex => self.namespace(),
        }
    }

    /// What `sf:` stands for in its answers, where it has records.
    pub(super) fn record_namespace(self) -> Option<&'static str> {
        match self {
            Self::Partner => Some("urn:sobject.partner.soap.sforce.com"),
            Self::Enterprise => Some("urn:sobject.enterprise.soap.sforce.com"),
            Self::Metadata | Self::Apex => None,
        }
    }

    /// Bytes of a request. Salesforce takes a zip of 50 MB in base64, and 200 records of 32 kB fields are some MB.
    pub(crate) fn body_max(self) -> usize {
        match self {
            Self::Metadata => 52 << 20,
            Self::Partner | Self::Enterprise | Self::Apex => 10 << 20,
        }
    }
}
