//! Typed client of provisiond, and the command line tool provisionctl.
