//! The binary `salesforce-simulator`.

fn main() {}
