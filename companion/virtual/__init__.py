"""Virtual time seen from outside."""
