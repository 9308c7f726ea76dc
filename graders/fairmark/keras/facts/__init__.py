"""What is known of Keras itself: names, spellings, arguments and their defaults, accuracy keys."""
