"""What a run leaves behind: one document, and pages, files and badges made from it alone."""
