"""The tests; each file stands under the path of what it tests."""
