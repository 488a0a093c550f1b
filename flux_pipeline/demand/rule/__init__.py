"""The four-week rule, with which the model is compared."""
