"""Events of live sources, and the places that they are told of: watched, listed, logged, sent."""
