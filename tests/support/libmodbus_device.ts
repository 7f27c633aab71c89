// A device that is not ours: libmodbus (the library of mbpoll) as Modbus server, on a serial line or on TCP. Arguments: "rtu DEVICE BAUD
// MILLISECONDS" (until it answers: a pty has no speed of its own) or "tcp PORT". Device 1 has input registers 0 to 99 with float 230.5 + address (high word first), and holding registers 0 to 2047 that can be
// written and hold their own address. Prints "READY" when it serves.
const INT = "i32", POINTER = "pointer";
const library = Deno.dlopen("libmodbus.so.5", {
  modbus_new_rtu: { parameters: ["buffer", INT, "u8", INT, INT], result: POINTER },
  modbus_new_tcp: { parameters: ["buffer", INT], result: POINTER },
  modbus_set_slave: { parameters: [POINTER, INT], result: INT },
  modbus_connect: { parameters: [POINTER], result: INT },
  modbus_tcp_listen: { parameters: [POINTER, INT], result: INT },
  modbus_tcp_accept: { parameters: [POINTER, "buffer"], result: INT },
  modbus_mapping_new: { parameters: [INT, INT, INT, INT], result: POINTER },
  modbus_receive: { parameters: [POINTER, "buffer"], result: INT },
  modbus_reply: { parameters: [POINTER, "buffer", INT, POINTER], result: INT },
}).symbols;

const text = (value: string) => new TextEncoder().encode(`${value}\0`);
const HOLDING = 2_048, INPUT = 100;
/** Places of the register tables in `modbus_mapping_t` on a machine of 64 bits: eight counts, then four pointers. */
const TABLE = { input: 48, holding: 56 };

function table(mapping: Deno.PointerValue, offset: number, length: number): Uint16Array {
  const start = new Deno.UnsafePointerView(mapping!).getPointer(offset);
  return new Uint16Array(Deno.UnsafePointerView.getArrayBuffer(start!, length * 2));
}

function registers(): Deno.PointerValue {
  const mapping = library.modbus_mapping_new(0, 0, HOLDING, INPUT);
  const holding = table(mapping, TABLE.holding, HOLDING), input = table(mapping, TABLE.input, INPUT);
  for (let at = 0; at < HOLDING; at++) holding[at] = at;
  const float = new DataView(new ArrayBuffer(4));
  for (let at = 0; at < INPUT; at += 2) {
    float.setFloat32(0, 230.5 + at);
    input[at] = float.getUint16(0);
    input[at + 1] = float.getUint16(2);
  }
  return mapping;
}

/** Answers until the connection ends; on a serial line a frame that is broken or another device's is no end. */
function serve(context: Deno.PointerValue, mapping: Deno.PointerValue, isSerial: boolean, turnaroundMs = 0): void {
  const request = new Uint8Array(260), nobody = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    const length = library.modbus_receive(context, request);
    if (length > 0 && turnaroundMs > 0) Atomics.wait(nobody, 0, 0, turnaroundMs);
    if (length > 0) library.modbus_reply(context, request, length, mapping);
    else if (length < 0 && !isSerial) return;
  }
}

const ready = () => Deno.stdout.writeSync(new TextEncoder().encode("READY\n"));
const [kind, place, baud, turnaroundMs] = Deno.args;
const mapping = registers();
if (kind === "rtu") {
  const context = library.modbus_new_rtu(text(place!), Number(baud), "N".charCodeAt(0), 8, 1);
  library.modbus_set_slave(context, 1);
  if (library.modbus_connect(context) < 0) throw new Error(`libmodbus cannot open ${place}`);
  ready();
  serve(context, mapping, true, Number(turnaroundMs));
} else {
  const context = library.modbus_new_tcp(text("127.0.0.1"), Number(place));
  const listener = library.modbus_tcp_listen(context, 1);
  if (listener < 0) throw new Error(`libmodbus cannot listen on ${place}`);
  ready();
  for (;;) {
    library.modbus_tcp_accept(context, new Uint8Array(Int32Array.of(listener).buffer));
    serve(context, mapping, false);
  }
}
