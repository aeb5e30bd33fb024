"""The systems in targets/ are what their pages say."""
