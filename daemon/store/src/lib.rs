//! The store contract of provisiond, its record formats and its engines.
