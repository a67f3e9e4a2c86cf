"""The published JSON Schemas, as files."""
