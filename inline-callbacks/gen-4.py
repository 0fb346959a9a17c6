"""Can one speak to a generator? Yes: yield returns what is sent, and raises what is thrown."""


def listen():
    while True:
        try:
            print("got:", (yield))
        except ValueError as err:
            print(err)
            return


generator = listen()
next(generator)  # runs to the first yield, which is where a value can be taken
generator.send(10)
generator.send(20)
try:
    generator.throw(ValueError("malfunction!"))
except StopIteration:
    print("done")
