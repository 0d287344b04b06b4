"""The stand-in portal: an HTTP server that speaks SODA 2.1, and the data it can serve."""
