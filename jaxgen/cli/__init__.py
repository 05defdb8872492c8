"""What the commands share: flags and config files, networks by name, metrics."""
