"""A database that is asked in threads, and answers in Deferreds."""

from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks


def fill(cursor):
    cursor.execute("create table poem (title text, lines int)")
    poems = [("Snow", 4), ("Pond", 3), ("Leaf", 9)]
    cursor.executemany("insert into poem values (?, ?)", poems)
    return len(poems)


@inlineCallbacks
def main():
    pool = ConnectionPool("sqlite3", ":memory:", check_same_thread=False, cp_max=1)
    print((yield pool.runInteraction(fill)), "poems")
    print((yield pool.runQuery("select title from poem where lines < ? order by title", (9,))))
    try:
        yield pool.runQuery("select title from nowhere")
    except Exception as err:
        print("error:", err)
    pool.close()
    reactor.stop()


reactor.callWhenRunning(main)
reactor.run()
# prints: 3 poems
# prints: [('Pond',), ('Snow',)]
# prints: error: no such table: nowhere
