"""Jobs for acts of people and for looks back, which start from the UI only."""
