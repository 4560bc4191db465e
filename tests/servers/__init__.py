"""Real servers for the tests, the demo and the benchmarks, fetched from package registries; and their fixtures."""
