"""Identities that nobody else has."""

from __future__ import annotations

import secrets


def random_identity() -> str:
    """A random text of 32 characters."""
    return secrets.token_hex(16)
