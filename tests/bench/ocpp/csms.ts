// The CSMS behind every relay: answers each CALL at once. A process of its own, so that its CPU is nobody's.
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { answerTo } from "./messages.ts";

const [certFile, keyFile, port] = Deno.args;
const server = createServer({ cert: Deno.readTextFileSync(certFile!), key: Deno.readTextFileSync(keyFile!) });
const sockets = new WebSocketServer({ server, handleProtocols: () => "ocpp1.6" });
sockets.on("connection", (socket, request) => {
  request.socket.setNoDelay(true);
  socket.on("message", (data) => {
    const answer = answerTo(data.toString());
    if (answer !== undefined) socket.send(answer);
  });
  socket.on("error", () => socket.terminate()); // a relay that was killed
});
server.listen(
  Number(port ?? 0),
  "127.0.0.1",
  () => Deno.stdout.writeSync(new TextEncoder().encode(`PORT ${(server.address() as AddressInfo).port}\n`)),
);
