"""What runs inside the sandbox, and in a kernel: it writes down what a notebook does with Keras."""
