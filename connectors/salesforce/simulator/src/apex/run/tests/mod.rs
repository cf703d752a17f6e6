mod bodies;
mod classes;
mod operators;
mod properties;
mod records;
mod source;
mod support;
