"""One module for each command: it reads its arguments, calls the package that does the work, and reports."""
