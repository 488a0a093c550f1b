"""Files of the people who work in a restaurant, and of what a roster needs to know of them."""
