"""The four-week rule, against which the model is compared."""
