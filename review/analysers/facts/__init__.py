"""What analysers know beforehand: kinds of files, code without strings and comments, tables of rules."""
