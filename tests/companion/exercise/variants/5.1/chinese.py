"""给客户端 2.0 加上超时。"""

import argparse

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol


class 诗歌协议(Protocol):
    def connectionMade(self):
        self.内容 = b""
        self.定时器 = reactor.callLater(self.factory.超时, self.放弃)

    def dataReceived(self, data):
        self.内容 += data
        print(f"收到 {len(data)} 字节")

    def 放弃(self):
        self.定时器 = None
        print("超时，放弃")
        self.transport.loseConnection()

    def connectionLost(self, reason):
        if self.定时器 is None:
            self.factory.完成(None)
            return
        self.定时器.cancel()
        self.factory.完成(self.内容)


class 诗歌工厂(ClientFactory):
    protocol = 诗歌协议

    def __init__(self, 数目, 超时):
        self.数目, self.超时, self.诗 = 数目, 超时, []

    def 完成(self, 诗):
        self.数目 -= 1
        if 诗 is not None:
            self.诗.append(诗)
        if self.数目 == 0 and reactor.running:
            reactor.stop()

    def clientConnectionFailed(self, connector, reason):
        print("连接失败：", reason.getErrorMessage())
        self.完成(None)


def main():
    parser = argparse.ArgumentParser(description="下载诗歌")
    parser.add_argument("--超时", type=float, default=6.0, metavar="秒")
    parser.add_argument("地址", nargs="+")
    args = parser.parse_args()
    工厂 = 诗歌工厂(len(args.地址), args.超时)
    for 地址 in args.地址:
        主机, _, 端口 = 地址.rpartition(":")
        reactor.connectTCP(主机 or "127.0.0.1", int(端口), 工厂)
    reactor.run()
    for 诗 in 工厂.诗:
        print(f"一首诗，{len(诗)} 字节")


if __name__ == "__main__":
    main()
