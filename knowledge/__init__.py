"""What the bot knows: guides → passages → index → search → answer with evidence."""
