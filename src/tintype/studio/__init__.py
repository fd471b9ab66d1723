"""Pages in the browser: the studio, where photographs are colored and corrected, and studies with people."""
