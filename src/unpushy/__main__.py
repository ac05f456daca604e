"""`python -m unpushy`."""

from unpushy.cli import main

main()
