//! Every way in: OAuth, JWT, SOAP login, by the clients that people use.
