#!/usr/bin/python3
"""A network cable that can be pulled: forwards TCP, and while a certain file exists cuts and refuses all connections.

  cable.py PORT-FILE CABLE-FILE TO-HOST TO-PORT     listens on a free loopback port and writes its number to PORT-FILE
"""
import asyncio
import os
import pathlib
import sys

LOOK_S = 0.05


class Cable:
    def __init__(self, host, port):
        self.host, self.port = host, port
        self.server = None
        self.listen_port = 0
        self.writers = set()

    async def plug_in(self):
        self.server = await asyncio.start_server(self.carry, "127.0.0.1", self.listen_port, reuse_address=True)
        self.listen_port = self.server.sockets[0].getsockname()[1]

    def pull(self):
        self.server.close()
        self.server = None
        for writer in list(self.writers):
            writer.transport.abort()

    async def carry(self, reader, writer):
        self.writers.add(writer)
        far_writer = None
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
            self.writers.add(far_writer)
            await asyncio.gather(pour(reader, far_writer), pour(far_reader, writer))
        except OSError:
            pass
        finally:
            for end in (writer, far_writer):
                if end is not None:
                    self.writers.discard(end)
                    end.transport.abort()


async def pour(reader, writer):
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def main(port_file, cable_file, host, port):
    cable = Cable(host, int(port))
    await cable.plug_in()
    partial = pathlib.Path(f"{port_file}.new")
    partial.write_text(str(cable.listen_port))
    partial.rename(port_file)
    while True:
        pulled = os.path.exists(cable_file)
        if pulled and cable.server:
            cable.pull()
        elif not pulled and not cable.server:
            await cable.plug_in()
        await asyncio.sleep(LOOK_S)


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:5]))
    except KeyboardInterrupt:
        pass
