"""Models and relations of every kind, and every way to write them, compared with the database's triggers."""
