"""The demand model: its fit, from exposures and levels to the spread of errors."""
