"""What sealgrade costs, measured. `make bench` runs it; nothing here is a test."""
