import sys

from bench.site.command import main

sys.exit(main(sys.argv[1:]))
