//! An independent SOQL parser as the oracle of ours.
