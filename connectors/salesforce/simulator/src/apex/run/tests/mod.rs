mod bodies;
mod classes;
mod modes;
mod operators;
mod properties;
mod records;
mod source;
mod support;
