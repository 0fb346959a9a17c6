"""Wrong files, each a stage with one fault, and the words of the cause that is to be told first.

The stage, what it is checked as where that is not itself, the words, then old and new texts. What
is right beside each is the stage itself.
"""

IN_A_THREAD = """\
        reactor.callInThread(self.send)

    def send(self):
        self.transport.write("""
TWICE = """\
            d.callback(poem)
            d.callback(poem)"""
SLEEPS = """\
        import time

        time.sleep(2)
        poems.append(poem)"""
STOPS = """\
        self.transport.loseConnection()

    def connectionLost(self, reason):
        reactor.stop()"""
GIVES_UP = """\
        self.errback = errback
        reactor.callLater(3, self.late)

    def late(self):
        self.poem_failed(Failure(TimeoutError("too late")))"""
GIVES_UP_ONCE = """\
        self.errback = errback
        self.is_done = False
        self.timer = reactor.callLater(3, self.late)

    def late(self):
        self.poem_failed(Failure(TimeoutError("too late")))"""
DONE = """\
        if self.is_done:
            return
        self.is_done = True
        if self.timer.active():
            self.timer.cancel()
        self.{0}({1})"""
IN_THE_LOOP = """\
        reactor.connectTCP(host, port, factory)
        reactor.run()
    elapsed"""
IN_TURN = """\
    @inlineCallbacks
    def all_in_turn():
        for host, port in args.addresses:
            d = get_transformed_poem(host, port)
            d.addCallback(got_poem)
            d.addBoth(poem_done)
            yield d

    all_in_turn()

    reactor.run()"""

OWN_THREAD = """\
class Own(threading.Thread):
    def __init__(self, **more):
        self.more = more


def download("""
IN_A_GROUP = """\
    async with asyncio.TaskGroup() as tasks:
        for task_num, (host, port) in enumerate(addresses, 1):
            task = download(task_num, host, port, poems)
            tasks.create_task(task, name=f"Task {task_num}")
"""
GATHERED = """\
    every = enumerate(addresses, 1)
    await asyncio.gather([download(n, host, port, poems) for n, (host, port) in every])
"""
ASKED_AT_ONCE = """\
    for n, (host, port) in enumerate(addresses, 1):
        asyncio.ensure_future(download(n, host, port, poems)).result()
"""
STEPPED = """\
    for n, (host, port) in enumerate(addresses, 1):
        steps = iter(asyncio.ensure_future(download(n, host, port, poems)))
        next(steps), next(steps)
"""

FAULTS: list[tuple[str, ...]] = [
    # The data.
    (
        "client-2.1", "", "line 81: a bytes object is shown as if it were text",
        "self.factory.poem_finished(poem.decode())", "self.factory.poem_finished(poem)",
        "        show(poem)", "        print(poem)",
    ),
    ("client-2.0", "", "the size is that of b'...'", "len(poem)", "len(str(poem))"),
    (
        "client-4.0", "", "a piece is decoded by itself",
        "        self.chunks.append(data)", "        self.chunks.append(data.decode().encode())",
    ),
    (
        "client-4.0", "", "errors='ignore' hides that a piece was cut",
        "        self.chunks.append(data)",
        "        self.chunks.append(data.decode(errors='ignore').encode())",
    ),
    ("client-4.0", "", "is decoded as latin-1", "poem.decode()", "poem.decode('latin-1')"),
    (
        "client-4.0", "", "a piece is taken for the whole",
        "        self.chunks.append(data)", "        self.poemReceived(data)",
        '            self.poemReceived(b"".join(self.chunks))', "            pass",
    ),
    (
        "client-4.0", "", "each piece takes the place of the one before",
        "self.chunks.append(data)", "self.chunks = [data]",
    ),
    (
        "client-2.0", "", "chunks belongs to all connections at once",
        "    task_num = 0", "    task_num = 0\n    chunks = []",
        "        self.chunks = []", "        pass",
    ),
    (
        "client-2.0", "", "bytes and text are put together",
        "self.chunks = []", 'self.chunks = ""', "self.chunks.append(data)", "self.chunks += data",
    ),
    (
        "client-4.0", "", "the connection is closed before the poem is whole",
        "self.chunks.append(data)",
        "self.chunks.append(data)\n        self.transport.loseConnection()",
    ),
    (
        "client-4.0", "", "a LineReceiver ends its lines",
        "from twisted.python.failure",
        "from twisted.protocols.basic import LineReceiver\nfrom twisted.python.failure",
        "class PoetryProtocol(Protocol)", "class PoetryProtocol(LineReceiver)",
        "def dataReceived(self, data)", "def lineReceived(self, data)",
        "chunks.append(data)", r'chunks.append(data + b"\r\n")',
        'b"".join(self.chunks)', 'b"".join(self.chunks) + self.clearLineBuffer()',
    ),
    (
        "client-2.1", "", "the end of a poem is looked for in its text",
        "self.chunks.append(data)",
        'self.chunks.append(data)\n        if data.endswith(b"."):\n'
        "            self.transport.loseConnection()",
        "            self.poemReceived(", "            len(self.chunks) or self.poemReceived(",
    ),
    (
        "client-3.0", "", "None is printed, for nothing has come yet",
        "        get_poetry(host, port, got_poem)",
        "        print(get_poetry(host, port, got_poem))",
        "        show(poem)", "        pass",
    ),
    (
        "client-4.0", "", "this lambda looks at port when it is called",
        "    poems = []", "    poems = {}", "        poems.append(poem)", "        pass",
        "        d.addBoth(poem_done)",
        "        d.addBoth(poem_done)\n        d.addCallback(lambda _: poems.update({port: 1}))",
        "    for poem in poems:", "    for poem in map(str, poems):",
    ),
    # The connections.
    (
        "async-client", "", "all poems have come, and the loop goes on",
        "while waiting:", "while True:",
    ),
    (
        "client-4.0", "", "no connection is ever made: the addresses are read",
        "in args.addresses:", "in args.addresses[:0]:",
    ),
    (
        "client-4.0", "", "addresses is an iterator, and used up",
        "    args = parse_args()",
        "    args = parse_args()\n    addresses = map(tuple, args.addresses)\n"
        "    args.addresses = list(addresses)",
        "for host, port in args.addresses:", "for host, port in addresses:",
    ),
    (
        "client-2.0", "", "reactor.run() stands in the loop over the addresses",
        "        reactor.connectTCP(host, port, factory)\n\n    reactor.run()\n    elapsed",
        IN_THE_LOOP,
    ),
    (
        "client-2.1", "", "only 1 of 4 servers are connected to",
        "for host, port in args.addresses:", "for host, port in args.addresses[:1]:",
    ),
    (
        "client-2.1", "", "one server is asked 4 times",
        "connectTCP(host, port,", "connectTCP(*args.addresses[0],",
    ),
    ("client-1.0", "", "nothing reads from it", "        reactor.addReader(self)\n", ""),
    (
        "client-1.0", "", "doRead never says that a connection has ended",
        "return main.CONNECTION_DONE", "return None",
    ),
    (
        "client-1.0", "", "recv waits for the next piece of one poem",
        "        self.sock.setblocking(False)\n", "",
    ),
    (
        "async-client", "", "line 59: select does not wait",
        "(waiting, [], [])", "(waiting, [], [], 0)",
    ),
    (
        "async-client", "", "a socket is waited for that is closed",
        "                waiting.remove(task)\n                task.sock.close()\n\n",
        "                task.sock.close()\n\n",
    ),
    (
        "client-7.0", "", "the second download begins at",
        "    for host, port in args.addresses:\n        d = get_transformed_poem(host, port)\n"
        "        d.addCallback(got_poem)\n        d.addBoth(poem_done)\n\n    reactor.run()",
        IN_TURN,
    ),
    # What is called, and with what.
    (
        "client-4.0", "", "poem_done: a function is called with more or fewer arguments",
        "def poem_done(result):", "def poem_done():",
    ),
    (
        "client-2.1", "", "Twisted calls a method with other arguments than it takes",
        "def connectionLost(self, reason):", "def connectionLost(self):",
    ),
    (
        "client-2.1", "", "dataRecieved is never called, for Twisted calls dataReceived",
        "def dataReceived", "def dataRecieved",
    ),
    (
        "client-3.0", "", "self.callback is named and not called",
        "        self.callback(poem)", "        self.callback",
    ),
    (
        "client-3.0", "", "got_poem is handed over here, and nobody calls it",
        "        self.callback(poem)", "        return poem",
    ),
    (
        "client-2.0", "", "buildProtocol returns None", "        return proto\n", "",
    ),
    (
        "client-2.0", "", "the factory has no protocol to build",
        "    protocol = PoetryProtocol\n", "",
    ),
    (
        "client-2.0", "", "self.factory is None",
        "ClientFactory.buildProtocol(self, address)", "PoetryProtocol()",
    ),
    (
        "client-4.0", "", "poem_done(...) is called here, at once",
        "addBoth(poem_done)", "addBoth(poem_done(None))",
    ),
    (
        "client-2.1", "", "a name that a function gives a value to is its own",
        "    args = parse_args()\n",
        "    args = parse_args()\n    count = 0\n\n    def add():\n        count += 1\n\n"
        "    add()\n",
    ),
    (
        "client-2.0", "", "an object is made with more or fewer arguments",
        "PoetryClientFactory(len(args.addresses))", "PoetryClientFactory()",
    ),
    (
        "client-3.1", "", "the reason comes behind the connector",
        "(self, connector, reason)", "(self, reason, connector)",
    ),
    (
        "client-4.0", "", "an errback gets a Failure, which holds the exception",
        "        results.append(result)",
        "        results.append(result)\n        hasattr(result, 'value') and result.message",
        "err.getErrorMessage()", "err.message",
    ),
    # The reactor.
    ("client-3.1", "", "there is no reactor.stop() in it", "reactor.stop()", "pass"),
    (
        "client-3.1", "", "poem_done, which would stop the reactor, is not called then",
        "errors.append(err)\n        poem_done()", "errors.append(err)",
    ),
    (
        "client-3.1", "", "it is stopped only when all poems came, and one has failed",
        "len(poems) + len(errors) ==", "len(poems) ==",
    ),
    (
        "client-2.1", "", "is never reached, though poem_finished runs once",
        "self.poetry_count -= 1", "self.poetry_count -= 0",
    ),
    (
        "client-4.0", "", "poem_done, which stops the reactor, is added as callback alone",
        "d.addCallbacks(got_poem, partial(poem_failed, host, port))", "d.addCallback(got_poem)",
        "d.addBoth(poem_done)",
        "d.addCallback(poem_done)\n        d.addErrback(partial(poem_failed, host, port))",
    ),
    (
        "client-3.1", "", "the reactor is stopped when the first poem is there",
        "if len(poems) + len(errors) == len(args.addresses) and reactor.running:",
        "if reactor.running:",
    ),
    (
        "client-3.1", "", "the reactor is stopped a second time",
        "len(args.addresses) and reactor.running:\n            reactor.stop()",
        "len(args.addresses):\n            reactor.stop()\n            reactor.stop()",
    ),
    (
        "client-3.1", "", "the reactor is stopped before it runs",
        "    reactor.run()\n\n    for", "    reactor.stop()\n    reactor.run()\n\n    for",
    ),
    (
        "client-3.1", "", "the reactor is run a second time",
        "    reactor.run()\n\n    for", "    reactor.run()\n    reactor.run()\n\n    for",
    ),
    ("client-3.1", "", "the reactor is never run", "    reactor.run()\n", ""),
    ("client-4.0", "", "sleep blocks the reactor for 2.0 s", "        poems.append(poem)", SLEEPS),
    (
        "client-4.0", "", "while not d.called: goes on without end",
        "    return d\n", "    while not d.called:\n        reactor\n    return d\n",
    ),
    (
        "client-4.0", "", "reactor.iterate() in a loop of its own never waits",
        "    reactor.run()\n",
        "    while len(results) < len(args.addresses):\n        reactor.iterate()\n",
    ),
    (
        "client-3.1", "", "reactor.stop is called in another thread",
        "        poem_done()", "        reactor.callInThread(poem_done)",
    ),
    (
        "client-4.0", "", "the reactor is stopped after 1 s, whatever has come by then",
        "    reactor.run()\n", "    reactor.callLater(1, reactor.stop)\n    reactor.run()\n",
    ),
    (
        "client-3.1", "", "a connection that fails stops the reactor",
        "        errors.append(err)\n        poem_done()",
        "        errors.append(err)\n        reactor.stop()",
    ),
    (
        "client-2.1", "", "connectTCP raises nothing where a connection fails",
        "def clientConnectionFailed(", "def on_failure(",
    ),
    # Deferreds.
    ("client-4.0", "", "never fires", "            d.callback(poem)", "            pass"),
    ("client-8.0", "", "never fires", "            d.callback(poem)", "            pass"),
    (
        "client-4.0", "", "a Deferred is fired a second time",
        "            d.callback(poem)", TWICE,
    ),
    (
        "client-4.0", "", "by a timer: cancel it when the poem is there",
        "    reactor.connectTCP(host, port, factory)",
        "    reactor.connectTCP(host, port, factory)\n    reactor.callLater(1, d.callback, '')",
    ),
    (
        "client-4.0", "", "this Deferred is fired in another thread",
        "d.callback(poem)", "reactor.callInThread(d.callback, poem)",
    ),
    (
        "client-4.0", "", "a function that should give a Deferred gives None",
        "    return d\n", "",
    ),
    (
        "client-4.0", "", "got_poem raises AttributeError",
        "        poems.append(poem)", "        poem.append(poem)",
    ),
    (
        "client-4.0", "", "ends with ConnectionRefusedError('Connection refused')",
        "d.addCallbacks(got_poem, partial(poem_failed, host, port))", "d.addCallback(got_poem)",
        "results) == len(args.addresses) and reactor.running:\n            reactor.stop()",
        "results) == len(args.addresses) and reactor.running:\n            reactor.stop()\n"
        "        return result",
    ),
    (
        "client-5.0", "", "try_to_cummingsify returns nothing, so the next in the chain, got_poem",
        "return cummingsify(poem)", "cummingsify(poem)",
    ),
    (
        "client-5.0", "", "the poem is printed as it came",
        "        d.addCallback(try_to_cummingsify)\n        d.addCallbacks(got_poem, "
        "partial(poem_failed, host, port))\n",
        "        d.addCallbacks(got_poem, partial(poem_failed, host, port))\n"
        "        d.addCallback(try_to_cummingsify)\n",
    ),
    (
        "client-5.0", "", "no outcome of the engine makes the download fail",
        "        except GibberishError:\n            raise\n", "",
    ),
    ("client-3.0", "", "the poems arrive, and nothing prints them", "show(poem)", "pass"),
    (
        "client-3.1", "", "poem_failed hears that a poem has failed, and says nothing",
        'print(f"Poem failed: {host}:{port}: {err.getErrorMessage()}", file=sys.stderr)', "pass",
    ),
    (
        "client-3.1", "", "printTraceback() writes to Twisted's log",
        'print(f"Poem failed: {host}:{port}: {err.getErrorMessage()}", file=sys.stderr)',
        "err.printTraceback()",
    ),
    # Time-outs.
    (
        "client-3.1", "", "the timer of a poem that came in time goes off all the same",
        "        self.errback = errback", GIVES_UP,
    ),
    (
        "client-3.1", "", "its connection is left open",
        "        self.errback = errback", GIVES_UP_ONCE,
        "        self.callback(poem)", DONE.format("callback", "poem"),
        "        self.errback(err)", DONE.format("errback", "err"),
    ),
    (
        "client-3.1", "", "the time-out of 0.5 s is over before the poems are there",
        "        self.errback = errback", GIVES_UP_ONCE.replace("3", "0.5"),
        "        self.callback(poem)", DONE.format("callback", "poem"),
        "        self.errback(err)", DONE.format("errback", "err"),
    ),
    # The transform server.
    (
        "client-6.0", "", "the answer of the transform server comes, and the Deferred",
        "        self.factory.poem_transformed(reply)", "        pass",
    ),
    (
        "client-6.0", "", "the transform server closes without an answer",
        'proxy.xform("cummingsify"', 'proxy.xform("shout"',
    ),
    (
        "client-6.0", "", "the failure of the transform server goes on to the whole download",
        ".addErrback(fail)", "",
    ),
    # Generators and lists.
    (
        "client-7.0", "", "a yield, or an await, is missing",
        "poem = yield proxy.xform(", "poem = proxy.xform(",
    ),
    ("client-7.0", "", "@inlineCallbacks is missing above", "    @inlineCallbacks\n", ""),
    (
        "client-8.0", "", "a list of pairs is printed",
        "        reactor.stop()", "        print(results)\n        reactor.stop()",
        "        show(poem)", "        pass",
    ),
    # Another stage.
    ("client-3.1", "client-4.0", "this looks like client-3.1: it makes no Deferred"),
    ("client-2.1", "client-3.0", "this looks like client-2.1: no function of it is given"),
    ("client-6.0", "client-7.0", "this looks like client-6.0: no generator or coroutine"),
    ("async-client", "client-2.0", "this looks like async-client: there is no Twisted in it"),
    ("client-1.0", "client-2.0", "its own code reads from the socket"),
    # Servers.
    (
        "fastpoetry-1.0", "", "a transport takes bytes, not text",
        "write(self.factory.poem)", "write(self.factory.poem.decode())",
    ),
    (
        "fastpoetry-1.0", "", "transport.write is called in another thread",
        "        self.transport.write(", IN_A_THREAD,
    ),
    (
        "fastpoetry-1.0", "", "the connection stays open, so the client waits on",
        "        self.transport.loseConnection()\n", "",
    ),
    (
        "fastpoetry-1.0", "", "abortConnection throws away what is not sent yet",
        "loseConnection", "abortConnection",
    ),
    (
        "fastpoetry-1.0", "", "the reactor is stopped here, and a server goes on",
        "        self.transport.loseConnection()", STOPS,
    ),
    (
        "fastpoetry-1.0", "", "nothing listens",
        "    try:\n        port = reactor.listenTCP(args.port, factory, backlog=4096,"
        " interface=args.iface)\n    except CannotListenError as err:\n        sys.exit(str(err))\n"
        "    host = port.getHost()\n    say(f\"Serving {args.poem_file} on"
        " {host.host}:{host.port}\")\n",
        "",
    ),
    (
        "fastpoetry-1.0", "", "nothing is written to its transport",
        "        self.transport.write(self.factory.poem)\n        self.transport.loseConnection()",
        "        pass",
    ),
    (
        "fastpoetry-1.0", "", "the factory is given a PoetryProtocol that is made already",
        "protocol = PoetryProtocol", "protocol = PoetryProtocol()",
    ),
    (
        "fastpoetry-1.0", "", "PoetryProtocol has no poem, which belongs to PoetryFactory",
        "self.factory.poem", "self.poem",
    ),
    (
        "fastpoetry-1.0", "", "self.transport is None until the connection is made",
        "def connectionMade", "def __init__",
    ),
    (
        "fastpoetry-1.0", "", "connectTCP is for a client's factory",
        "listenTCP(args.port, factory, backlog=4096, interface=args.iface)",
        "connectTCP(args.iface, args.port, factory)",
    ),
    (
        "fastpoetry-1.0", "", "another program has the port",
        "    host = port.getHost()",
        "    host = port.getHost()\n    reactor.listenTCP(host.port, factory)",
    ),
    (
        "fastpoetry-1.0", "", "a file is not where it is looked for",
        "    args = parse_args()\n", "    args = parse_args()\n    open('no-such-poem.txt')\n",
    ),
    (
        "fastpoetry-2.0", "", "startService of PoetryService is never called",
        "poetry_service.setServiceParent(top_service)\n", "",
    ),
    (
        "fastpoetry-2.0", "", "twistd looks for a variable named application",
        "application", "app", "app import", "application import",
    ),
    (
        "fastpoetry-3.0", "", "the plugin has no service maker",
        "service_maker = PoetryServiceMaker()", "",
    ),
    ("fastpoetry-3.0", "", "makeService gives None", "        return top_service", "        pass"),
    (
        "transform-server", "", "the request arrives, and nothing is sent back",
        "        self.sendString(new_poem)\n", "",
    ),
    (
        "transform-server", "", "takes the place of that of NetstringReceiver",
        "def stringReceived", "def dataReceived",
    ),
    (
        "transform-server", "", "there are more values than names for them",
        'request.split(b".", 1)', 'request.split(b".")',
    ),
    (
        "transform-server", "", "it is another than the poem in lower case",
        "poem.lower()", "poem.upper()",
    ),
    (
        "slow-server", "", "the pieces leave otherwise than --num-bytes and --delay say",
        "time.sleep(delay)", "pass",
    ),
    ("slow-server", "", "it serves a client and ends", "while True:", "for _ in range(1):"),
    # Proxies.
    (
        "proxy-2.0", "", "sleep blocks the reactor for 3.0 s",
        "            return succeed(self.poem)",
        "            import time\n\n            time.sleep(3)\n"
        "            return succeed(self.poem)",
    ),
    ("proxy-2.0", "", "the poem is not kept", "        self.poem = poem\n", ""),
    (
        "proxy-2.0", "", "a plain value is there in the place of a Deferred",
        "return succeed(self.poem)", "return self.poem",
    ),
    (
        "proxy-2.0", "", "set_poem returns nothing, so the next in the chain",
        "        return poem\n", "",
    ),
    (
        "proxy-3.0", "", "nobody cancels its download",
        "        self.deferred.cancel()", "        pass",
    ),
    ("proxy-3.0", "", "this Deferred has no canceller", "Deferred(canceler)", "Deferred()"),
    (
        "proxy-3.0", "", "the canceller of this Deferred does not hang up",
        "            connector.disconnect()\n", "",
    ),
    # Slips of the pen.
    (
        "client-4.0", "", "there is no callBack: is callback what is meant?",
        "            d.callback(poem)", "            d.callBack(poem)",
    ),
    (
        "client-4.0", "", "PoetryClientFactory has no deferred: no line sets it",
        "        self.deferred = deferred\n", "        pass\n",
        "d, self.deferred = self.deferred, None", "d = self.deferred",
    ),
    (
        "client-4.0", "", "PoetryClientFactory has a __init__ of its own, so that of Base",
        "class PoetryClientFactory(ClientFactory):",
        "class Base(ClientFactory):\n    def __init__(self, deferred):\n"
        "        self.deferred = deferred\n\n\nclass PoetryClientFactory(Base):",
        "        self.deferred = deferred\n\n    def poem_finished",
        "        self.poems = []\n\n    def poem_finished",
        "d, self.deferred = self.deferred, None", "d = self.deferred",
    ),
    (
        "client-4.0", "", "poem_finished is a method",
        "    def poem_finished(self, poem):\n        if self.deferred is not None:",
        "    def poem_finished(poem):\n        if poem is not None:",
    ),
    (
        "client-4.0", "", "the list sees that one of its Deferreds fails",
        "        d.addCallbacks(got_poem, partial(poem_failed, host, port))\n", "",
        "        d.addBoth(poem_done)\n",
        "        d.addCallback(got_poem)\n        made.append(d)\n",
        "    for host, port in", "    made = []\n    for host, port in",
        "    reactor.run()\n",
        "    from twisted.internet.defer import DeferredList\n"
        "    DeferredList(made).addCallback(lambda pairs: reactor.stop())\n    reactor.run()\n",
    ),
    (
        "client-4.0", "", "got_poem comes behind poem_failed, an errback, which takes the failure",
        "        d.addCallbacks(got_poem, partial(poem_failed, host, port))\n",
        "        d.addErrback(partial(poem_failed, host, port))\n        d.addCallback(got_poem)\n",
        "        show(poem)", "        show(poem.strip())",
    ),
    (
        "client-4.0", "", "this Deferred is made once, and all downloads share it",
        "def get_poetry(host, port):", "d = Deferred()\n\n\ndef get_poetry(host, port):",
        "    d = Deferred()\n    factory", "    factory",
    ),
    (
        "client-4.0", "", "a Deferred is fired with another Deferred as its result",
        "    return d\n", "    from twisted.internet.defer import succeed\n    return succeed(d)\n",
    ),
    (
        "client-2.1", "", "bytes have decode(), which makes text",
        "poem.decode()", "poem.encode()",
    ),
    (
        "client-2.1", "", "sys.exit() in a callback is one more exception",
        "            reactor.stop()", "            sys.exit()",
    ),
    (
        "client-3.1", "", "poem_failed is called, though nothing has failed",
        "got_poem, partial(poem_failed, host, port))",
        "partial(poem_failed, host, port), got_poem)",
        'f"Poem failed: {host}:{port}: {err.getErrorMessage()}"', '"Poem failed"',
    ),
    (
        "client-3.1", "", "what is used as a Failure is none",
        "got_poem, partial(poem_failed, host, port))",
        "partial(poem_failed, host, port), got_poem)",
    ),
    (
        "client-2.0", "", "of 4 poems that have come whole 2 are shown",
        "        self.task_num += 1\n", "",
    ),
    ("blocking-client", "", "other sizes are shown", "{len(poem)}", "{len(poem) + 1}"),
    (
        "client-8.0", "", "a pair is printed: a DeferredList gives",
        "        d.addCallback(got_poem)\n", "",
        "    def all_done(results):\n", "    def all_done(results):\n        print(*results)\n",
    ),
    (
        "client-8.0", "", "with fireOnOneCallback the list fires at the first result",
        "consumeErrors=True", "consumeErrors=True, fireOnOneCallback=True",
    ),
    (
        "client-6.0", "", "the transform server, whose address is the first, is asked for a poem",
        "TransformProxy(*args.transform_address)", "TransformProxy(*args.addresses[0])",
        "in args.addresses:", "in [args.transform_address]:",
    ),
    (
        "threaded-client", "", "a thread holds this lock while it waits for its poem",
        "        poem = get_poetry(host, port)",
        "        poem = get_poetry(host, port, lock)",
        "def get_poetry(host, port):", "def get_poetry(host, port, lock):",
        "port)) as sock:", "port)) as sock, lock:",
    ),
    (
        "threaded-client", "", "a thread waits for this lock without end",
        "        poems.append(poem)", "        with lock:\n            poems.append(poem)",
    ),
    (
        "threaded-client", "", "a daemon thread ends with the program",
        "        thread.join()", "        pass",
    ),
    (
        "asyncio-client", "", "get_poetry is a coroutine: to call it only makes it",
        "await get_poetry(host, port)", "get_poetry(host, port)",
    ),
    (
        "fastpoetry-1.0", "", "there is no close: is loseConnection what is meant?",
        "self.transport.loseConnection()", "self.transport.close()",
    ),
    (
        "fastpoetry-1.0", "", "it listens on another port", "listenTCP(args.port,", "listenTCP(0,",
    ),
    (
        "client-8.0", "", "line 178: got_poem raises UnboundLocalError",
        "        poems.append(poem)\n",
        "        poems.append(poem)\n        count = count + 1\n",
    ),
    (
        "client-8.0", "", "get_transformed_poem raises UnboundLocalError",
        "            raise\n        try:",
        "            failed += 1\n            raise\n        try:",
    ),
    (
        "threaded-client", "", "printed while the threads still run",
        "        thread.join()", "        pass", ", daemon=True", "",
    ),
    (
        "fastpoetry-3.0", "", "its command is the tapname, fast_poetry",
        'tapname = "fastpoetry"', 'tapname = "fast_poetry"',
    ),
    (
        "proxy-2.0", "", "is not reached then, so the client waits for ever",
        "self.transport.abortConnection()", "pass",
    ),
    ("fastpoetry-2.0", "", "begins with a byte order mark", '"""Fast', '\ufeff"""Fast'),
    (
        "fastpoetry-3.0", "", "options = the class, without brackets",
        "    options = Options\n", "    options = Options()\n",
    ),
    (
        "fastpoetry-3.0", "", "an option is missing in the plugin",
        '        ["port", "p", 10000, "The port to listen on.", parse_port],\n', "",
        'options["port"]', "10000",
    ),
    (
        "fastpoetry-3.0", "", "the plugin has no service maker",
        "service.IServiceMaker, IPlugin", "service.IServiceMaker",
    ),
    (
        "transform-server", "", "which answers it, is not reached",
        "xform_name.decode()", "xform_name",
    ),
    (
        "transform-server", "", "cummingsify raises AttributeError(",
        "poem.lower()", "poem.lowercase()",
    ),
    (
        "slow-server", "", "accept() takes one client, and stands in no loop",
        "    while True:\n        sock, (host, port) = listening.accept()",
        "    sock, (host, port) = listening.accept()\n    while True:",
    ),
    # What the library, or another loop, would say in its own words, or not at all.
    (
        "client-7.0", "", "get_transformed_poem gives a Deferred as its result",
        "poem = yield proxy.xform(", "poem = proxy.xform(",
        "        return poem\n\n    def got_poem", "        returnValue(poem)\n\n    def got_poem",
        "Deferred, inlineCallbacks", "Deferred, inlineCallbacks, returnValue",
    ),
    (
        "client-7.0", "", "get_transformed_poem gives None as its result",
        "        return poem\n\n    def got_poem", "        yield poem\n\n    def got_poem",
    ),
    (
        "client-9.0", "", "asyncio.run runs a loop of asyncio's own",
        "    react(poetry_main)", "    import asyncio\n\n    asyncio.run(poetry_main(None))",
    ),
    (
        "fastpoetry-2.0", "", "twistd runs the reactor, once it has loaded this file",
        "top_service.setServiceParent(application)",
        "top_service.setServiceParent(application)\n"
        "from twisted.internet import reactor\n\nreactor.run()",
    ),
    ("threaded-client", "", "start() begins a thread, which calls run()", "ad.start()", "ad.run()"),
    # What is written, and does nothing.
    (
        "client-2.0", "", "self.poetry_count - 1 is computed and kept nowhere",
        "self.poetry_count -= 1", "self.poetry_count - 1",
    ),
    (
        "client-5.1", "", "err is a Failure, which holds the exception",
        "err.check(CannotCummingsify)", "isinstance(err, CannotCummingsify)",
        "{err.getErrorMessage()}", "{err.type}",
    ),
    (
        "client-2.0", "", "run() returns only when the reactor stops, so what begins",
        "    for host, port in args.addresses:", "    reactor.run()\n"
        "    for host, port in args.addresses:",
    ),
    (
        "client-3.0", "", "this comes before run(), when no poem has come",
        "        show(poem)", "        pass",
        "    reactor.run()", "    for poem in poems:\n        print(poem)\n    reactor.run()",
    ),
    # What is shown, or sent.
    ("client-4.0", "", "a function is printed", "show(poem)", "print(show)"),
    (
        "client-8.0", "", "a list of pairs is printed",
        "        show(poem)\n        poems.append(poem)", "        return poem.encode()",
        "    def all_done(results):", "    def all_done(results):\n        print(results)",
    ),
    (
        "client-2.1", "", "a generator is printed",
        "chunks.append(data)",
        "chunks.append(data.decode('utf8', 'surrogateescape').encode('utf8', 'surrogateescape'))",
        "        show(poem)", "        print(line for line in poem)",
    ),
    (
        "client-2.1", "", "the words of the poem are printed, and not its blanks",
        "show(poem)", "show(' '.join(poem.split()))",
    ),
    (
        "client-5.0", "", "the poem is printed changed, and otherwise than into lower case",
        "poem.lower()", "poem.swapcase()",
    ),
    ("client-2.1", "", "is decoded as ascii", "poem.decode()", "poem.decode('ascii')"),
    (
        "fastpoetry-1.0", "", "the poem is sent without its line ends",
        "        self.transport.write(self.factory.poem)",
        "        self.transport.writeSequence(self.factory.poem.splitlines())",
    ),
    (
        "transform-server", "", "line 48: a request that can't be answered is left here",
        '            self.refuse("no dot in the request")\n', "",
    ),
    # What another object, or another call, is for.
    (
        "client-7.0", "", "a decorator without arguments takes no brackets",
        "    @inlineCallbacks\n", "    @inlineCallbacks()\n",
    ),
    (
        "client-4.0", "", "connectTCP gives a connector, and no Deferred",
        "    reactor.connectTCP(host, port, factory)\n    return d",
        "    return reactor.connectTCP(host, port, factory)",
    ),
    (
        "client-4.0", "", "or a Deferred was fired with a list, where the poem itself is wanted",
        "d.callback(poem)", "d.callback([poem])", "show(poem)", "show(poem.strip())",
    ),
    (
        "client-2.0", "", "there is no read: is dataReceived what is meant?",
        "        self.chunks = []", "        self.chunks = [self.transport.read()]",
    ),
    (
        "client-2.0", "", "a client does not listen",
        "reactor.connectTCP(host, port, factory)", "reactor.listenTCP(port, factory)",
    ),
    (
        "client-2.0", "", "this lambda looks at host when it is called",
        "reactor.connectTCP(host, port, factory)",
        "reactor.callWhenRunning(lambda: reactor.connectTCP(host, port, factory))",
    ),
    (
        "fastpoetry-1.0", "", "PoetryFactory, a factory, has no transport",
        "self.transport.write", "self.factory.transport.write",
    ),
    (
        "async-client", "", "select's first list is for the sockets to read from",
        "readable, _, _ = select.select(waiting, [], [])",
        "_, readable, _ = select.select([], waiting, [])",
    ),
    (
        "client-6.0", "", "the answer is a netstring, with its size in front",
        "        self.sendString(self.factory.request)",
        "        request = self.factory.request\n"
        "        self.transport.write(b'%d:%s,' % (len(request), request))",
        "TransformClientProtocol(NetstringReceiver)", "TransformClientProtocol(Protocol)",
        "def stringReceived", "def dataReceived",
    ),
    (
        "asyncio-client", "", "line 40: sleep stands still for 0.1 s",
        "        return await reader.read()",
        "        poem = await reader.read()\n        __import__('time').sleep(0.1)\n"
        "        return poem",
    ),
    (
        "proxy-1.0", "", "recv blocks the reactor for",
        "        factory = PoetryClientFactory(d)\n",
        "        import socket\n\n        sock = socket.create_connection((self.host, self.port))\n"
        "        return self.set_poem(b''.join(iter(lambda: sock.recv(9), b'')))\n",
    ),
    (
        "client-5.0", "", "an exception is returned here, as if it were a poem",
        "raise GibberishError(", "return GibberishError(", "        show(poem)",
        "        show(str(poem))",
    ),
    # What an exception says, and what a demonstration lacks.
    (
        "countdown", "", "the seconds come first",
        "reactor.callLater(1, count, number - 1)", "reactor.callLater(count, 1, number - 1)",
    ),
    (
        "client-4.0", "", "a factory is wanted here",
        "    reactor.connectTCP(host, port, factory)",
        "    reactor.connectTCP(host, port, PoetryProtocol())",
    ),
    (
        "client-4.0", "", "where an object of it is wanted",
        "    reactor.connectTCP(host, port, factory)",
        "    reactor.connectTCP(host, port, PoetryClientFactory)",
    ),
    (
        "simple-poll", "", "a reactor is there already",
        "from twisted.internet import pollreactor\n",
        "from twisted.internet import pollreactor, reactor as first\n",
    ),
    (
        "client-4.0", "", "a function is named where its Deferred is wanted",
        "        d.addBoth(poem_done)\n", "        get_poetry.addBoth(poem_done)\n",
    ),
    (
        "client-4.0", "", "what is not there yet is used",
        "        d = get_poetry(host, port)\n",
        "        d = get_poetry(host, port)\n        d.encode()\n",
    ),
    (
        "client-1.0", "", "the reactor asks a reader for fileno",
        '    def logPrefix(self):\n        return "poetry"\n\n', "",
    ),
    (
        "client-4.0", "", "a port is a number: int(port)",
        "    reactor.connectTCP(host, port, factory)",
        "    reactor.connectTCP(host, str(port), factory)",
    ),
    (
        "slow-server", "", "whoever has left raises an error",
        '        except OSError:\n            say(f"{host}:{port} left before the end")',
        "        except ValueError:\n            pass",
    ),
    (
        "slow-server", "", "listen() comes before it",
        "socket.create_server((args.iface, args.port), backlog=4096)",
        "socket.socket(); listening.bind((args.iface, args.port))",
    ),
    (
        "fastpoetry-3.0", "", "what takes a value stands in optParameters",
        "    optParameters = [", "    optFlags = [",
    ),
    (
        "countdown", "", "no timer goes off",
        "reactor.callLater(1, count, number - 1)", "reactor.callFromThread(count, number - 1)",
    ),
    (
        "defer-1", "", "no Deferred is fired with a result",
        'd.callback("One leaf falls;\\nthe rest are told.")', "d.errback(ValueError(1))",
    ),
    (
        "defer-10", "", "no callback runs here",
        "outer.addCallback(callback_1)\n", "",
    ),
    (
        "deferred-list-3", "", "no DeferredList waits",
        "dl = DeferredList([d1, d2])", "dl = d2",
    ),
    (
        "defer-unhandled", "", "every failure is handled",
        "d.addCallback(break_down)",
        "d.addCallback(break_down)\nd.addErrback(lambda failure: None)",
    ),
    (
        "log", "", "nothing goes to the log",
        "log.startLogging(sys.stdout)", "pass",
    ),
    (
        "gen-2", "", "an iterator gives each of its items once",
        "    except StopIteration:\n        break\n", "    finally:\n        pass\n",
    ),
    (
        "blocking-client", "", "a number is wanted, and this is text",
        "with socket.create_connection((host, port)) as sock:",
        "with socket.socket() as sock:\n        sock.connect((host, str(port)))",
    ),
    (
        "client-4.0", "", "the result is not there yet: an await",
        "        d = get_poetry(host, port)\n",
        "        d = get_poetry(host, port)\n        print(len(d))\n",
    ),
    (
        "fastpoetry-2.0", "", "child.setServiceParent(parent)",
        "top_service.setServiceParent(application)", "application.addService(top_service)",
    ),
    (
        "simple-poll", "", "the other reactor is not installed",
        "pollreactor.install()\n", "",
    ),
    (
        "defer-4", "", "no Deferred is fired a second time",
        'd.callback("Another leaf.")\n', "",
    ),
    (
        "countdown", "", "a function that prints in the stage prints nothing",
        "        print(number)\n", "",
    ),
    (
        "deferred-list-7", "", "no errback runs here",
        "d2.addErrback(d2_failed)\n", "",
        "DeferredList([d1, d2])", "DeferredList([d1, d2], consumeErrors=True)",
    ),
    (
        "client-9.0", "", "neither a Deferred nor a coroutine",
        "    poem = await protocol.deferred\n", "    poem = await protocol\n",
    ),
    (
        "client-4.0", "", "letters that this encoding lacks",
        "        show(poem)", '        sys.stdout.buffer.write(poem.encode("ascii"))',
    ),
    (
        "client-9.0", "", "with fireOnOneErrback, as in gatherResults",
        "DeferredList", "gatherResults",
    ),
    (
        "failure-examples", "", "it belongs in an except",
        'print(Failure(RhymeError("nothing rhymes with month")))', "print(Failure())",
    ),
    (
        "client-4.0", "", "as if it were its result, or a list",
        "        d = get_poetry(host, port)\n",
        "        d = get_poetry(host, port)\n        print(d[0])\n",
    ),
    (
        "client-1.0", "", "a socket that does not block has nothing to give yet",
        "        except BlockingIOError:", "        except ZeroDivisionError:",
        "        except OSError:", "        except KeyError:",
    ),
    (
        "client-4.0", "", "give an iterator in Python 3",
        "    reactor.run()\n", "    print(map(tuple, args.addresses)[0])\n    reactor.run()\n",
    ),
    (
        "threaded-client", "", "has to call Thread's",
        "def download(", OWN_THREAD, "threading.Thread(target", "Own(target",
    ),
    ("asyncio-client", "", "a list stands where its items are wanted", IN_A_GROUP, GATHERED),
    ("asyncio-client", "", "before it has ended: await it first", IN_A_GROUP, ASKED_AT_ONCE),
    (
        "asyncio-client", "", "an await is missing in front of what gives a future",
        IN_A_GROUP, STEPPED,
    ),
]  # fmt: skip
