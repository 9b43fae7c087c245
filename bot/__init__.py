"""Everything that runs: settings, web edge, channels, WeCom client, store, desk and outbox, sandbox, command line."""
