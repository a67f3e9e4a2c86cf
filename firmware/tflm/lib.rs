//! Empty: Cargo wants a target before it resolves and fetches the dependency that holds the C++ sources.
