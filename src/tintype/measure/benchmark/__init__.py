"""The benchmark: models colored over suites of photographs, judged, compared, and told in one report."""
