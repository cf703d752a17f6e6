//! jsforce: records, queries, describes, composite, Apex REST.
