"""The `chicago-crashes` command as people run it."""
