"""What tests share: one of each."""
