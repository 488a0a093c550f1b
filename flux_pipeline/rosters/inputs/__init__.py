"""Inputs of a roster: what is stored about people and shifts, the rules of countries, and the problem they pose."""
