"""What differs between two distributions."""
