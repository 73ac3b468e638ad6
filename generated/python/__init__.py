# Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.
"""What the contract says: types, events, frames, tables."""
