"""Run the command as `python -m instacart`."""

from instacart.cli import main

main()
