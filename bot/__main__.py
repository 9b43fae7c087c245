"""`python -m bot` is `fencun`."""

from bot.cli import main

main()
