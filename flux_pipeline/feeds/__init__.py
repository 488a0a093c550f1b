"""Incoming data from outside the process: files on this machine and the folder where people drop them."""
