"""One module a command, each imported when its command runs."""
