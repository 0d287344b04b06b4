"""The pages of docs/ that are made from what is declared: dictionary and rulebook."""
