mod operators;
mod support;
