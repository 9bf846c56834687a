"""The one place where things are wired: settings → adapters → services → servers."""
