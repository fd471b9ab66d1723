"""Pages in the browser: so far those of studies with people."""
