"""Start the server.

A file of its own: the fork server's children import the main program anew, but not one of this name.
"""

import sys

from booksite.server.app import main

if __name__ == "__main__":
    sys.exit(main())
