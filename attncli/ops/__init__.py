"""The algebra: about two dozen ops, each complete in one place."""
