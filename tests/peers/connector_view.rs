//! The organisation after provisioning, in the eyes of other people's clients.
