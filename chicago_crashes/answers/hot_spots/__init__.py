"""Where crashes cluster: grids over the city with Getis-Ord Gi*, and the City's index per mile of street."""
