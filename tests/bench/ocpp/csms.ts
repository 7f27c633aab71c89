// The CSMS behind every relay: answers each CALL at once. A process of its own, so that its CPU is nobody's.
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { answerTo } from "./messages.ts";

const [certFile, keyFile, port, ledgerFile] = Deno.args;
/** Ids of the CALLs that were answered, one a line: what a CSMS would have on its disk when it is killed. */
const ledger = ledgerFile ? Deno.openSync(ledgerFile, { create: true, append: true }) : undefined;
const server = createServer({ cert: Deno.readTextFileSync(certFile!), key: Deno.readTextFileSync(keyFile!) });
const sockets = new WebSocketServer({ server, handleProtocols: () => "ocpp1.6" });
sockets.on("connection", (socket, request) => {
  request.socket.setNoDelay(true);
  socket.on("message", (data) => {
    const text = data.toString(), answer = answerTo(text);
    if (answer === undefined) return;
    ledger?.writeSync(new TextEncoder().encode(`${JSON.parse(text)[1]}\n`));
    socket.send(answer);
  });
  socket.on("error", () => socket.terminate()); // a relay that was killed
});
server.listen(
  Number(port ?? 0),
  "127.0.0.1",
  () => Deno.stdout.writeSync(new TextEncoder().encode(`PORT ${(server.address() as AddressInfo).port}\n`)),
);
