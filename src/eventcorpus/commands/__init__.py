"""One thin module a command: options, a call into the library, and how the result is printed."""
