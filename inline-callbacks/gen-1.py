"""When does the code of a generator run? Up to a yield, each time that a value is asked for."""


def tell():
    print("The generator starts.")
    yield 1
    print("The generator goes on.")
    yield 2
    print("The generator goes on, to its end.")


for value in tell():
    print("The loop got", value)
print("The loop is done.")
