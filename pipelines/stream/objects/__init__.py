"""What viewers are told of the objects of a frame, and what they say of them."""
