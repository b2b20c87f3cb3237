"""A messenger that does, for each number, exactly what a test tells it, in turn.

    provider = Provider(port)
    provider.script["79030000001"] = [reply(429, headers={"Retry-After": "1"}), reply(200)]

An entry is called with the Post; the last one is repeated.  Without a script a number is
answered 200 with an id, and nothing is reported.
"""

import http.server
import json
import socket
import struct
import threading
import time

from collections import defaultdict


class Post:
    """A request that came in."""

    def __init__(self, handler, octets):
        self.at = time.time()
        self.handler = handler
        self.headers = handler.headers
        self.path = handler.path
        self.octets = octets
        self.body = json.loads(octets)
        self.to = self.body.get("to")
        self.ref = self.body.get("ref")
        self.id = None


def reply(status, body=None, headers=None, before=None, wait_s=0, no_id=False):
    """Answers so; 200 with an id of its own.  `before(post)` is called first."""
    def act(post):
        octets = body
        if octets is None:
            octets = b"{}" if status != 200 or no_id else json.dumps({"id": post.id}).encode()
        if before:
            before(post)
        time.sleep(wait_s)
        handler = post.handler
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(octets)))
        handler.end_headers()
        handler.wfile.write(octets)
    return act


def silence(post):
    """The request is never answered."""
    post.handler.rfile.read(1)
    post.handler.close_connection = True


def cut(post):
    """The connection is reset instead of an answer."""
    post.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
    post.handler.close_connection = True


class Provider:
    """Listens until close(); `posts` are all requests in the order they came."""

    def __init__(self, port):
        self.port = port
        self.script = {}
        self.posts = []
        self.lock = threading.Lock()
        self.counts = defaultdict(int)
        self.connections = set()
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                provider.connections.add(self.connection)

            def finish(self):
                provider.connections.discard(self.connection)
                super().finish()

            def do_POST(self):
                octets = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                provider.take(Post(self, octets))

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,),
                                       daemon=True)
        self.thread.start()

    def take(self, post):
        with self.lock:
            self.posts.append(post)
            post.id = f"m{len(self.posts)}"
            turn = self.counts[post.to]
            self.counts[post.to] += 1
            acts = self.script.get(post.to, [reply(200)])
        acts[min(turn, len(acts) - 1)](post)

    def to(self, number):
        with self.lock:
            return [post for post in self.posts if post.to == number]

    def close(self):
        """Nobody listens any more, and no connection is left."""
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
