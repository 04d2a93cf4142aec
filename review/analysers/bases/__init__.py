"""The two kinds of analysers: those that read the change themselves, and those that ask an outside engine."""
