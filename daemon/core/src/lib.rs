//! The domain of provisiond: values, the account state machine, faults and ports.
