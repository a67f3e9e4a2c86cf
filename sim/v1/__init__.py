"""Messages and stubs of the service, generated from ``api/sim/v1`` by ``make proto``; do not edit."""
