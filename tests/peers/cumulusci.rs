//! CumulusCI, as the builders of the non-profit packages use it.
