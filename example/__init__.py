"""A small shop that auditsearch watches: a demonstration, and a test of all parts together."""
