//! Each rule of the checker, with what it takes and what it refuses, in which words and where.

mod bodies;
mod classes;
mod expressions;
mod lines;
mod packages;
mod records;
mod support;
mod units;
