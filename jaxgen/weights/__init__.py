"""Other people's files, read without running anything of theirs."""
