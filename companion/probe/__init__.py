"""What a stage's own code does, emitted from inside its process, without a change to what it does.

What it reads of Twisted beside the documented stands in `twisted_names`. May import
virtual.inside and below; is imported by nobody, but named by a string, which the process of a
stage loads. Runs in the stage's own process.
"""
