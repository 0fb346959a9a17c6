"""What does a for loop do with a generator? It calls next until StopIteration is raised."""


def tell():
    print("The generator starts.")
    yield 1
    print("The generator goes on.")
    yield 2
    print("The generator goes on, to its end.")


generator = tell()
while True:
    try:
        value = next(generator)
    except StopIteration:
        break
    print("The loop got", value)
print("The loop is done.")
