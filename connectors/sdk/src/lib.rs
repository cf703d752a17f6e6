//! What a connector implements, the OAuth client, and the contract suite every connector runs.
