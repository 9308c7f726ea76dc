"""What code can do, read off a notebook's text: what each call may be given, and what each name may stand for.

``reading`` answers; the rest finds out. From the text to the answer::

    syntax, binder, reader   scopes of cells, functions and classes, with what each binds, calls and changes
    scopes, book             all of them together
    dead, conditions         what surely never runs
    evaluate, solver         the values of expressions, worked out when they are asked for
    calls, arguments, members, operators, library
                             what calls and members give
    prepared                 how an image was prepared
    atoms, values            sets of values, inside and as they are answered
"""
