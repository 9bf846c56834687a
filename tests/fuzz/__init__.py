"""Property tests on hostile input; longer runs by --hypothesis-profile or a fuzzer of your choice."""
