"""Can several generators be under way at once? Yes: each keeps its place until its next turn."""


def ones():
    yield 1
    yield 2
    yield 3


def tens():
    yield 10
    yield 20
    yield 30
    yield 40


generators = [ones(), tens()]
while generators:
    for generator in list(generators):
        try:
            value = next(generator)
        except StopIteration:
            generators.remove(generator)
        else:
            print(value)
