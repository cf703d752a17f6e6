//! jsforce: the Metadata API, over SOAP and REST.
