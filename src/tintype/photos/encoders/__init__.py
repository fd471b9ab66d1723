"""One module a format or family: pixels are encoded by libraries, containers are put together by hand.

An encoder takes a binary stream, positioned at its start, and an iterator of ``Page``; it returns notes for
the person. File names, atomicity and errors are the business of ``tintype.photos.write``.
"""
