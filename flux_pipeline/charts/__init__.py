"""Pictures of forecasts and of their accuracy: frames in, PNG bytes out. No file, no clock, no database."""
