"""Stand-in for the services outside: weather and events of the simulated world in the services' own shapes.

So the demo and the tests go the real way, over HTTP and without leaving the machine.
"""
