"""What the HTTP service promises."""
