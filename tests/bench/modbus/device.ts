// A Modbus/TCP device as a process of its own: answers reads of holding registers at once. Prints "PORT n".
import type { Buffer } from "node:buffer";
import { type AddressInfo, createServer } from "node:net";
import { encodeMbap, MbapDecoder } from "../../../gateway/modbus/codec_mbap.ts";

const server = createServer({ noDelay: true }, (socket) => {
  const decoder = new MbapDecoder();
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    for (const { transaction, unit, pdu } of decoder.push(bytes)) {
      const quantity = pdu[4]!;
      const answer = new Uint8Array(2 + quantity * 2);
      answer.set([pdu[0]!, quantity * 2]);
      socket.write(encodeMbap({ transaction, unit, pdu: answer }));
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  Deno.stdout.writeSync(new TextEncoder().encode(`PORT ${(server.address() as AddressInfo).port}\n`));
});
