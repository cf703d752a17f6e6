//! The HTTP pages of provisiond: OAuth callback and metrics.
