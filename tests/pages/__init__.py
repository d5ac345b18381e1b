"""The pages of reports in a real Chromium: `make test-pages`."""
