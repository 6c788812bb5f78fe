"""The benchmark: what it runs, how it measures, and the page it writes."""
