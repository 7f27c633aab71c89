// `deno run -A net_answerer.ts NAME PORT...`: says its name on every TCP connection and to every UDP packet, on all addresses.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const [name = "", ...ports] = Deno.args;
for (const port of ports.map(Number)) {
  createServer((socket) => socket.on("error", () => {}).end(name)).listen(port, "0.0.0.0");
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.on("message", (_, { address, port: from }) => socket.send(name, from, address));
  socket.bind(port, "0.0.0.0", () => socket.setBroadcast(true));
}
