mod bodies;
mod classes;
mod operators;
mod records;
mod source;
mod support;
