"""A site with other audit libraries, in a process of its own: its history is imported as a test expects."""
