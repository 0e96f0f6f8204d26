"""Small real inputs that tests share."""
