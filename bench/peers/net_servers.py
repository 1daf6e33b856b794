"""The servers of the `net` cases for asyncio and uvloop. Each gives its address as in load.h."""

import asyncio
import os
import ssl
import tempfile

from net_load import PEERS

HOST = "127.0.0.1"
OPTIONS = {"backlog": 1024}
AT_ONCE = 65_536
UNIX_PATH = os.path.join(tempfile.gettempdir(), f"aioloop-bench-{os.getpid()}.sock")


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Sink(asyncio.Protocol):
    def data_received(self, data):
        pass


class Source(Echo):
    def __init__(self, size):
        self.block = b"x" * size

    def data_received(self, data):
        for _ in data:
            self.transport.write(self.block)


class DatagramEcho(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def echo(reader, writer):
    while data := await reader.read(AT_ONCE):
        writer.write(data)
        await writer.drain()
    writer.close()


async def receive(reader, writer):
    while await reader.read(AT_ONCE):
        pass
    writer.close()


def sender(size):
    block = b"x" * size

    async def send(reader, writer):
        while data := await reader.read(AT_ONCE):
            for _ in data:
                writer.write(block)
                await writer.drain()
        writer.close()

    return send


def options_of(load):
    if load["over"] != "tls":
        return OPTIONS
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(PEERS, "tls-cert.pem"), os.path.join(PEERS, "tls-key.pem"))
    return {**OPTIONS, "ssl": context}


def port_of(server):
    return f"tcp:{server.sockets[0].getsockname()[1]}"


async def by_protocol(load):
    factory = {"echo": Echo, "receive": Sink, "send": lambda: Source(load["size"])}[load["serves"]]
    loop = asyncio.get_running_loop()
    if load["over"] == "unix":
        await keep(loop.create_unix_server(factory, UNIX_PATH, **options_of(load)))
        return f"unix:{UNIX_PATH}"
    return port_of(await keep(loop.create_server(factory, HOST, 0, **options_of(load))))


async def by_streams(load):
    client = {"echo": echo, "receive": receive, "send": sender(load["size"])}[load["serves"]]
    if load["over"] == "unix":
        await keep(asyncio.start_unix_server(client, UNIX_PATH, **options_of(load)))
        return f"unix:{UNIX_PATH}"
    return port_of(await keep(asyncio.start_server(client, HOST, 0, **options_of(load))))


async def by_datagram(_load):
    loop = asyncio.get_running_loop()
    transport, _ = await keep(loop.create_datagram_endpoint(DatagramEcho, local_addr=(HOST, 0)))
    return f"udp:{transport.get_extra_info('sockname')[1]}"


kept = []


async def keep(opening):
    """What nobody holds may be collected."""
    kept.append(await opening)
    return kept[-1]
