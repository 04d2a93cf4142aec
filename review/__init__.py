"""The reviewer: knows git and diffs, not GitHub."""
