"""The command line, one file a command. stdout is data, stderr is talk."""
