// `deno run -A bare_socket.ts PORT`: sends every datagram back with the bit that makes a query an answer, and does nothing else. What a
// UDP socket of this runtime carries at all: no resolver in it can be faster.
const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: Number(Deno.args[0]) });
const buffer = new Uint8Array(65_536);
for (;;) {
  const [bytes, from] = await socket.receive(buffer);
  bytes[2]! |= 0x80;
  socket.send(bytes as Uint8Array<ArrayBuffer>, from).catch(() => {});
}
