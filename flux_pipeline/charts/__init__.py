"""Pictures of forecasts, accuracy, rosters and menus: frames in, PNG bytes out. No file, no clock, no database."""
