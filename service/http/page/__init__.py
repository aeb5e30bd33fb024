"""The static page: one HTML file, one script, one style sheet."""
