"""The five interface standards, one package each; every package has the same rooms."""
