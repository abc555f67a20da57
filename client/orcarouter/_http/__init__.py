"""Requests and responses of the service: credentials, URLs, errors, redaction of secrets."""
