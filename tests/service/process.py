"""The command line as a process of its own: ``python -m tests.service.process ingest ...``."""

from billproof.cli.main import main

if __name__ == "__main__":
    main()
