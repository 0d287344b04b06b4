"""The commands of `chicago-crashes`, one module each: read arguments, call the rooms, tell people what happened."""
