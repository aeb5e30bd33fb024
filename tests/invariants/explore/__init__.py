"""The searches of named models keep the published counts, and are seen to fail."""
