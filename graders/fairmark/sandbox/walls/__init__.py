"""What confines the process inside: one module a layer, each a thin skin over the kernel's own interface."""
