"""Named models for bare exhaustive search: published protocols, each written once as guards and updates."""
