"""What an exception comes of, by its words: what a teacher would say to it first."""

import re
from collections.abc import Iterator

Cause = tuple[int, str, str]  # the part that teaches it; English and Chinese

# The words of the exception; the part that teaches it; English and Chinese.
ROWS: tuple[tuple[str, int, str, str], ...] = (
    (
        r"\.(connectionMade|connectionLost|dataReceived|buildProtocol|clientConnectionFailed"
        r"|clientConnectionLost|stringReceived|lineReceived)\(\) (takes|missing)",
        5,
        "Twisted calls a method with other arguments than it takes: connectionMade(self),"
        " dataReceived(self, data), connectionLost(self, reason), buildProtocol(self, addr),"
        " clientConnectionFailed(self, connector, reason)",
        "Twisted 调用方法时给的参数和它接受的不同：connectionMade(self)、dataReceived(self, data)、"
        "connectionLost(self, reason)、buildProtocol(self, addr)、"
        "clientConnectionFailed(self, connector, reason)",
    ),
    (
        r"assert self\.protocol",
        5,
        "the factory has no protocol to build: protocol = the class of yours, in the factory's",
        "factory 不知道要创建什么协议：在 factory 的类里写 protocol = 自己的协议类",
    ),
    (
        r"__init__\(\) (takes|missing)|\w+\(\) takes no arguments",
        5,
        "an object is made with more or fewer arguments than its __init__ takes",
        "创建对象时给的参数比它的 __init__ 接受的多或少",
    ),
    (
        r"'(Connector|TCP4ClientEndpoint)' object has no attribute '(getErrorMessage|value|type)'",
        5,
        "the reason comes behind the connector: clientConnectionFailed(self, connector, reason)",
        "原因在 connector 之后：clientConnectionFailed(self, connector, reason)",
    ),
    (
        r"'(str|bytes|int|tuple|NoneType)' object has no attribute '(getErrorMessage|getTraceback"
        r"|trap|check|value|type|printTraceback|raiseException)'",
        7,
        "what is used as a Failure is none: an errback is given the Failure first, then what"
        " addErrback was given with it; and a result goes to the callback. Are two swapped?",
        "当作 Failure 来用的东西不是 Failure：errback 得到的第一个参数是 Failure，"
        "然后才是交给 addErrback 的其他参数；结果则交给回调。是不是有两个对调了？",
    ),
    (
        r"'Failure' object has no attribute",
        7,
        "an errback gets a Failure, which holds the exception: failure.value, and"
        " failure.getErrorMessage() for its words",
        "errback 得到的是 Failure，异常在里面：failure.value，它的文字用 failure.getErrorMessage()",
    ),
    (
        r"Task got bad yield|An asyncio.Future, a coroutine or an awaitable is required",
        17,
        "asyncio's loop can't wait for a Deferred: defer.ensureDeferred(coroutine), and"
        " reactor.run()",
        "asyncio 的循环不能等待 Deferred：用 defer.ensureDeferred(协程) 和 reactor.run()",
    ),
    (
        r"'NoneType' object has no attribute '(write|loseConnection|abortConnection|getPeer)'",
        5,
        "self.transport is None until the connection is made: connectionMade is the first moment"
        " to use it",
        "连接建立之前 self.transport 是 None：最早在 connectionMade 里才能用它",
    ),
    (
        r"object has no attribute 'startedConnecting'",
        11,
        "connectTCP is for a client's factory: a server listens, with reactor.listenTCP",
        "connectTCP 用于客户端的 factory：服务器要用 reactor.listenTCP 监听",
    ),
    (
        r"object has no attribute 'do(Start|Stop)'",
        5,
        "a factory is wanted here, which builds a Protocol for each connection, and no Protocol",
        "这里要的是 factory，由它为每个连接创建 Protocol，而不是 Protocol 本身",
    ),
    (
        r"inlineCallbacks\(\) missing",
        17,
        "a decorator without arguments takes no brackets: @inlineCallbacks",
        "没有参数的装饰器不加括号：@inlineCallbacks",
    ),
    (
        r"missing 1 required positional argument: 'self'|'function' object has no attribute '_",
        5,
        "a class is there, where an object of it is wanted: brackets behind its name make one",
        "这里要的是对象，给的却是类：类名后面加括号才会创建对象",
    ),
    (
        r"positional arguments? but|missing \d+ required positional",
        7,
        "a function is called with more or fewer arguments than it takes: a callback gets the"
        " result as its first one, an errback the Failure",
        "函数得到的参数比它接受的多或少：回调的第一个参数是结果，errback 的第一个参数是 Failure",
    ),
    (
        r"Data must (not be|be)|a bytes-like object is required, not 'str'"
        r"|sequence item \d+: expected a bytes-like object, str found",
        11,
        'a transport takes bytes, not text: open the poem with "rb", or encode it',
        'transport 只接受字节，不接受文本：用 "rb" 打开诗歌文件，或者先编码',
    ),
    (
        r'can only concatenate str \(not "bytes"\)'
        r"|can't concat str to bytes|expected str instance, bytes found"
        r"|must be str, not bytes",
        5,
        "bytes and text are put together: what a transport gives is bytes, so begin with b'', or a"
        " list of pieces, and decode the whole",
        "把字节和文本拼在一起：transport 给的是字节，所以从 b'' 或存放数据块的列表开始，"
        "整首到齐再解码",
    ),
    (
        r"'bytes' object has no attribute '(encode|format)'|'str' object has no attribute 'decode'",
        5,
        "bytes have decode(), which makes text of them, and text has encode(), which makes bytes:"
        " this is the other one",
        "字节有 decode()，把它变成文本；文本有 encode()，把它变成字节：这里正好相反",
    ),
    (
        r"'(ascii|charmap|latin-1)' codec can't encode",
        5,
        "the poem has letters that this encoding lacks: it is written in UTF-8",
        "诗里有这种编码没有的字符：诗是 UTF-8 的",
    ),
    (
        r"UnicodeDecodeError",
        5,
        "a piece is decoded by itself: it may end inside a character. Keep the bytes until the poem"
        " is whole, then decode once",
        "单独解码了一块数据，而它可能断在一个字符中间。先存起字节，整首到齐再解码一次",
    ),
    (
        r"AlreadyCalledError",
        7,
        "a Deferred is fired a second time",
        "Deferred 被触发了两次",
    ),
    (
        r"error\.Already(Called|Cancelled)\b|Tried to cancel an already",
        3,
        "a timer is cancelled that has gone off, or was cancelled before: ask its active() first",
        "取消了一个已经到点或已经取消的定时器：先问 active()",
    ),
    (
        r"ReactorNotRestartable|ReactorAlreadyRunning",
        3,
        "the reactor is run a second time: it runs once in a process",
        "reactor 被运行了两次：一个进程里它只能运行一次",
    ),
    (
        r"ReactorAlreadyInstalledError",
        3,
        "a reactor is there already: install() has to come before reactor is imported, here or in"
        " any other module",
        "已经有一个 reactor：install() 必须在任何地方导入 reactor 之前调用",
    ),
    (
        r"ReactorNotRunning",
        3,
        "the reactor is stopped a second time, or before it runs",
        "reactor 被停了两次，或者还没运行就被停止",
    ),
    (
        r"\bSystemExit\b",
        3,
        "sys.exit() in a callback is one more exception that the reactor logs, and goes on:"
        " reactor.stop() ends it",
        "在回调里，sys.exit() 只是又一个异常，reactor 记下它就继续运行：用 reactor.stop() 来结束",
    ),
    (
        r"None(Type' object)? is not callable",
        3,
        "a function is called where it should be handed over, so that its result, None, is what is"
        " handed over: leave out the brackets behind its name",
        "本该把函数交出去，却调用了它，交出去的是它的结果 None：去掉函数名后面的括号",
    ),
    (
        r"'(bytes|str|Deferred|int|list)' object is not callable",
        3,
        "a function is called where it should be handed over, so that its result is what is handed"
        " over: leave out the brackets behind its name",
        "本该把函数交出去，却调用了它，交出去的是它的结果：去掉函数名后面的括号",
    ),
    (
        r"'NoneType' object has no attribute '(callback|errback)'",
        7,
        "there is no Deferred to fire: it has fired already and was put away, or was never kept",
        "没有 Deferred 可以触发：它已经触发过、被收走了，或者从来没有保存",
    ),
    (
        r"'Deferred' object is not an iterator",
        17,
        "what stands under @inlineCallbacks gives a Deferred, which runs its generator by itself:"
        " call it, without next()",
        "@inlineCallbacks 下的函数返回 Deferred，由它来运行生成器：直接调用，不要用 next()",
    ),
    (
        r"'Deferred' object is not (iterable|subscriptable)",
        18,
        "a Deferred is used as if it were its result, or a list: only a callback, or what follows a"
        " yield or an await, has the result; DeferredList takes one list",
        "把 Deferred 当成结果或列表来用：只有回调，或者 yield、await 之后的代码，才有结果；"
        "DeferredList 接受一个列表",
    ),
    (
        r"'(tuple|list)' object has no attribute '(decode|lower|encode|splitlines|strip)'",
        18,
        "a DeferredList's result is a list of pairs, (success, result), and no poem; or a Deferred"
        " was fired with a list, where the poem itself is wanted",
        "DeferredList 的结果是由（成功与否，结果）二元组构成的列表，而不是诗；"
        "或者触发 Deferred 时给的是列表，而要的是诗本身",
    ),
    (
        r"'generator' object has no attribute",
        17,
        "a function with yield in it is called, and nobody runs it: @inlineCallbacks is missing"
        " above it",
        "调用了一个带 yield 的函数，却没有谁来运行它：上方少了 @inlineCallbacks",
    ),
    (
        r"NotACoroutineError|can't be used in 'await' expression",
        17,
        "what is awaited is neither a Deferred nor a coroutine: is a return missing in the function"
        " that makes it?",
        "等待的东西既不是 Deferred，也不是协程：创建它的函数是不是少了 return？",
    ),
    (
        r"inlineCallbacks requires .* to produce a generator",
        17,
        "a function under @inlineCallbacks has no yield in it: nothing in it can wait",
        "@inlineCallbacks 下的函数里没有 yield：它什么也等不了",
    ),
    (
        r"_DefGen_Return|returnValue",
        17,
        "returnValue belongs in a generator under @inlineCallbacks, and nowhere else: a plain"
        " return is what is meant",
        "returnValue 只能用在 @inlineCallbacks 的生成器里：这里要的是普通的 return",
    ),
    (
        r"can't send non-None value to a just-started generator",
        17,
        "a generator has to be started first: next() runs it to its first yield, which is where"
        " it can take a value",
        "生成器要先启动：next() 让它运行到第一个 yield，在那里才能接收值",
    ),
    (
        r"StopIteration",
        17,
        "next() finds nothing more: an iterator gives each of its items once",
        "next() 已经没有东西可取：迭代器的每一项只给一次",
    ),
    (
        r"'(function|method)' object has no attribute '(addCallback|addErrback|addBoth)",
        8,
        "a function is named where its Deferred is wanted: brackets behind its name call it",
        "这里要的是函数返回的 Deferred，却只写了函数名：后面加括号才会调用它",
    ),
    (
        r"'NoneType' object has no attribute '(addCallback|addErrback|addBoth)"
        r"|cannot create weak reference to 'NoneType'",
        8,
        "a function that should give a Deferred gives None: its return is missing",
        "应该返回 Deferred 的函数返回了 None：少了 return",
    ),
    (
        r"'Connector' object has no attribute 'add(Callbacks?|Errback|Both)'",
        8,
        "connectTCP gives a connector, and no Deferred: return the Deferred that the factory fires",
        "connectTCP 给出的是 connector，不是 Deferred：要返回由 factory 触发的那个 Deferred",
    ),
    (
        r"has no attribute '(addCallback|addErrback|addBoth|addCallbacks)'",
        15,
        "a plain value is there in the place of a Deferred: succeed(value), or maybeDeferred, makes"
        " one of it",
        "该是 Deferred 的地方是一个普通的值：用 succeed(值) 或 maybeDeferred 变成 Deferred",
    ),
    (
        r"'NoneType' object has no attribute 'setServiceParent'",
        16,
        "makeService gives None: it has to return the service",
        "makeService 返回了 None：它必须返回 service",
    ),
    (
        r"'(Deferred|generator|coroutine|NoneType)' object (has no attribute|is not)",
        8,
        "what is not there yet is used as if it were the result: only a callback, or what follows a"
        " yield or an await, has it",
        "把还没到的东西当成结果来用：只有回调，或者 yield、await 之后的代码，才有结果",
    ),
    (
        r"has no attribute '(fileno|doRead|logPrefix|connectionLost)'",
        4,
        "the reactor asks a reader for fileno, doRead, logPrefix and connectionLost, and one is"
        " missing",
        "reactor 会用到 reader 的 fileno、doRead、logPrefix 和 connectionLost，少了一个",
    ),
    (
        r"file descriptor cannot be a negative|Bad file descriptor|Invalid file descriptor",
        2,
        "a socket is waited for that is closed: take it out of the list, or removeReader it, when"
        " you close it",
        "还在等待一个已经关闭的套接字：关闭时要把它从列表中去掉，或 removeReader",
    ),
    (
        r"BlockingIOError",
        2,
        "a socket that does not block has nothing to give yet: except BlockingIOError, and go back"
        " to the loop",
        "非阻塞的套接字暂时没有数据：捕获 BlockingIOError，然后回到循环",
    ),
    (
        r"ServiceNameUnknownError|Binding is|port must be 0-65535"
        r"|an integer is required \(got type str\)",
        2,
        "a port is a number: int(port) makes one of the text",
        "端口是数字：用 int(port) 把文本变成数字",
    ),
    (
        r"'str' object cannot be interpreted as an integer",
        2,
        "a number is wanted, and this is text: a port is int(port), and a bytearray takes bytes",
        "这里要的是数字，给的却是文本：端口要写 int(port)，bytearray 接受的是字节",
    ),
    (
        r"'?(map|filter|zip|generator)'? object is not subscriptable|'(map|filter|zip)' has no len",
        2,
        "map and its like give an iterator in Python 3, which is used up as it is gone through:"
        " list(...) makes a list of it",
        "在 Python 3 中，map 之类给出的是迭代器，遍历一次就用完了：用 list(...) 变成列表",
    ),
    (
        r"for >>: 'builtin_function_or_method'"
        r"|NameError: name '(unicode|xrange|raw_input|basestring|unichr|reduce)'"
        r"|has no attribute '(iteritems|itervalues|iterkeys|has_key)'",
        2,
        "this is left of Python 2: print(..., file=sys.stderr), str, range, input, items()",
        "这是 Python 2 留下来的写法：现在是 print(..., file=sys.stderr)、str、range、input、"
        "items()",
    ),
    (
        r"attribute '_started'|thread.__init__\(\) not called",
        22,
        "a Thread that has an __init__ of its own has to call Thread's: super().__init__()",
        "自己写了 __init__ 的 Thread 要调用 Thread 的：super().__init__()",
    ),
    (
        r"type '(coroutine|generator|Deferred)' has no len|concat (coroutine|generator|Deferred)"
        r"|(coroutine|generator|Deferred) found|not \W?(coroutine|generator|Deferred)\b",
        17,
        "the result is not there yet: an await, or a yield, is missing in front of what makes it",
        "结果还没到：创建它的地方前面少了 await 或 yield",
    ),
    (
        r"'>=' not supported between instances of '(function|method)' and 'int'",
        3,
        "callLater(seconds, function): the seconds come first",
        "callLater(秒数, 函数)：秒数在前",
    ),
    (
        r"InvalidStateError",
        22,
        "a task is asked for its result, or its exception, before it has ended: await it first",
        "任务还没结束，就去问它的结果或异常：先 await 它",
    ),
    (
        r"unhashable type: 'list'",
        22,
        "a list stands where its items are wanted, one by one, as asyncio.gather(*tasks) hands them"
        " over; and a list can be no key",
        "这里要的是一个一个的元素，给的却是列表：用 asyncio.gather(*tasks) 展开；列表也不能作键",
    ),
    (
        r"cannot join thread before it is started",
        22,
        "start() begins a thread, which calls run(); to call run() oneself runs it here, in the"
        " thread that is there already",
        "start() 启动一个线程，由它调用 run()；自己调用 run() 只是在当前线程里运行",
    ),
    (
        r"await wasn't used with future",
        22,
        "an await is missing in front of what gives a future",
        "给出 future 的地方前面少了 await",
    ),
    (
        r"BrokenPipeError|ConnectionResetError",
        2,
        "whoever has left raises an error in the next send, or recv: except OSError, and go on",
        "对方离开以后，下一次 send 或 recv 会抛出异常：捕获 OSError，然后继续",
    ),
    (
        r"OSError: \[Errno 22\]",
        2,
        "accept() takes clients of a socket that listens: listen() comes before it",
        "accept() 只能用于正在监听的套接字：要先调用 listen()",
    ),
    (
        r"option --\w+ not recognized",
        16,
        "an option is missing in the plugin: optParameters of its Options has a row for each",
        "插件里少了一个选项：它的 Options 的 optParameters 中每个选项一行",
    ),
    (
        r"'Options' object is not callable",
        16,
        "options = the class, without brackets: twistd makes an object of it",
        "options = 类本身，不加括号：由 twistd 来创建对象",
    ),
    (
        r"elements is more than 3",
        16,
        "what takes a value stands in optParameters; optFlags is for what is only there or not",
        "带值的选项写在 optParameters 里；optFlags 只用于有或没有的开关",
    ),
    (
        r"no attribute 'addService'",
        16,
        "child.setServiceParent(parent): the parent is a MultiService, or the object that"
        ' Application("...") gives',
        '子.setServiceParent(父)：父是 MultiService，或者 Application("...") 给出的对象',
    ),
    (
        r"UnboundLocalError|cannot access local variable|cannot access free variable",
        3,
        "a name that a function gives a value to is its own: nonlocal or global makes it the one"
        " outside",
        "函数里赋值的名字是它自己的：用 nonlocal 或 global 才是外面那个",
    ),
    (
        r"too many values to unpack",
        12,
        "there are more values than names for them: split(sep, 1) gives two pieces at the most",
        "值比名字多：split(分隔符, 1) 最多给出两块",
    ),
    (
        r"non-printable character U\+FEFF",
        16,
        "the file begins with a byte order mark, which Python takes in a script, and twistd in no"
        " tac file: save it as UTF-8 without one",
        "文件以字节顺序标记（BOM）开头，Python 脚本里可以有，twistd 的 tac 文件里却不行："
        "存成不带 BOM 的 UTF-8",
    ),
    (
        r"KeyError: 'application'",
        16,
        "twistd looks for a variable named application:"
        ' application = service.Application("...") in the file itself',
        '找不到名为 application 的变量：在文件里写 application = service.Application("...")',
    ),
    (
        r"NoCurrentExceptionError",
        9,
        "Failure() without arguments takes the exception that is being handled: it belongs in an"
        " except",
        "不带参数的 Failure() 取的是正在处理的异常：它应该写在 except 里",
    ),
    (
        r"CancelledError",
        19,
        "a Deferred that is cancelled fails with CancelledError, and an errback has to take that",
        "被取消的 Deferred 以 CancelledError 失败，要有 errback 来处理",
    ),
    (
        r"FirstError",
        18,
        "with fireOnOneErrback, as in gatherResults, a list fails at the first failure, without"
        " waiting for the others",
        "用 fireOnOneErrback 时，gatherResults 也是这样，列表在第一个错误时就失败，不再等待其他的",
    ),
    (
        r"CannotListenError|Address already in use",
        2,
        "another program has the port",
        "端口已经被别的程序占用",
    ),
    (
        r"FileNotFoundError|No such file",
        2,
        "a file is not where it is looked for",
        "文件不在所找的位置",
    ),
)
ARGUMENTS = next(row for row in ROWS if "positional arguments? but" in row[0])
HANDED_NONE = next(row for row in ROWS if re.search(row[0], "None is not callable"))


def causes_of(words: str) -> Iterator[Cause]:
    """What an exception of these words may come of, the likeliest first."""
    for pattern, part, en, zh in ROWS:
        if re.search(pattern, words):
            yield part, en, zh
