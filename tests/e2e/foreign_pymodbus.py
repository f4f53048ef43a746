"""A Modbus device that is not ours, over TCP or on a serial port. It has the registers that it is told of, refuses others, and
encodes numbers by its own means. Standard input, a line each, answered by "ok" or what was asked for:

    number ADDRESS TYPE ORDER VALUE     16bit_uint, 32bit_float, ...; ORDER as in big/little of words, then of bytes: "little big"
    text ADDRESS CHARACTERS             "_" for a space
    words KIND ADDRESS VALUE...         c coils, d discrete inputs, h holding, i input registers
    read KIND ADDRESS                   what stands there now

Over TCP it is a gateway that knows of the next unit too, and says that it does not answer.

usage: foreign_pymodbus.py UNIT (tcp | rtu DEVICE BAUD); prints its port, or "serving"."""

import asyncio
import sys
import threading
import types

if sys.argv[2] == "tcp":
    # pymodbus imports its serial ports, which Debian's package only recommends, even where none is used.
    sys.modules.setdefault("serial", types.ModuleType("serial"))
    sys.modules.setdefault("serial_asyncio", types.SimpleNamespace(create_serial_connection=None))

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.payload import BinaryPayloadBuilder
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer

KINDS = {"c": 1, "d": 2, "h": 3, "i": 4}
ORDERS = {"big": Endian.Big, "little": Endian.Little}


class Gateway(ModbusServerContext):
    """Has one unit more in its table, behind which nobody answers."""

    def slaves(self):
        return super().slaves() + [max(super().slaves()) + 1]


class Device:
    def __init__(self, unit):
        blocks = {name: ModbusSparseDataBlock({65535: 0}) for name in ("co", "di", "hr", "ir")}
        self.slave = ModbusSlaveContext(zero_mode=True, **blocks)
        self.blocks = {"c": blocks["co"], "d": blocks["di"], "h": blocks["hr"], "i": blocks["ir"]}
        self.context = Gateway(slaves={unit: self.slave}, single=False)

    def put(self, kind, address, values):
        for i, value in enumerate(values):
            self.blocks[kind].values[address + i] = value

    def do(self, line):
        words = line.split()
        if words[0] == "words":
            self.put(words[1], int(words[2]), [int(word, 0) for word in words[3:]])
        elif words[0] == "read":
            return str(int(self.blocks[words[1]].values[int(words[2])]))
        elif words[0] == "text":
            builder = BinaryPayloadBuilder(byteorder=Endian.Big)
            builder.add_string(words[2].replace("_", " "))
            self.put("h", int(words[1]), [int.from_bytes(pair, "big") for pair in builder.build()])
        else:
            builder = BinaryPayloadBuilder(wordorder=ORDERS[words[3]], byteorder=ORDERS[words[4]])
            getattr(builder, "add_" + words[2])(float(words[5]) if "float" in words[2] else int(words[5]))
            self.put("h", int(words[1]), [int.from_bytes(pair, "big") for pair in builder.build()])
        return "ok"

    def listen(self, loop):
        for line in sys.stdin:
            print(self.do(line), flush=True)
        loop.call_soon_threadsafe(loop.stop)


async def serve(device):
    if sys.argv[2] == "tcp":
        server = ModbusTcpServer(device.context, address=("127.0.0.1", 0))
        device.serving = asyncio.create_task(server.serve_forever())
        while server.server is None:
            await asyncio.sleep(0.01)
        print(server.server.sockets[0].getsockname()[1], flush=True)
        return
    server = ModbusSerialServer(device.context, port=sys.argv[3], baudrate=int(sys.argv[4]), ignore_missing_slaves=True)
    await server.start()
    device.serving = server
    print("serving", flush=True)


def main():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    device = Device(int(sys.argv[1]))
    loop.run_until_complete(serve(device))
    threading.Thread(target=device.listen, args=(loop,), daemon=True).start()
    loop.run_forever()


main()
