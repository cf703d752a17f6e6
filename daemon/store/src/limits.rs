//! The bounds of the store contract: for each the smaller maximum of all engines, so that code that runs on one runs on
//! every other. Sizes are bytes.

/// Longest key and longest prefix.
pub const KEY_BYTES_MAX: usize = 512;

/// Largest value. All live values are held in memory, and one group of commits is one write; etcd would take more.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;

/// Most operations of one commit. etcd counts operations and preconditions apart and allows 128 of each.
pub const TXN_OPS_MAX: usize = 128;

/// Most preconditions of one commit.
pub const TXN_PRECONDITIONS_MAX: usize = 128;

/// Largest sum of keys and values in one commit; etcd refuses requests above 1.5 MiB, framing included.
pub const TXN_BYTES_MAX: usize = 1024 * 1024;

/// Most entries of one page.
pub const PAGE_ENTRIES_MAX: usize = 1_000;

/// A page ends after the entry that brings its keys and values to this sum. etcd's client refuses answers above 4 MiB.
pub const PAGE_BYTES_MAX: usize = 2 * 1024 * 1024;
