"""The gRPC service: a front process that talks to clients, and worker processes that simulate."""
