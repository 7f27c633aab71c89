// The floor: TLS by node:tls in Deno on both legs and WebSocket frames as the gateway reads and writes them, and nothing
// else. No message is looked at, nobody is admitted, nothing is kept. What Bulkhead costs beyond this is its own work.
import { Buffer } from "node:buffer";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { systemRandom, systemTimers } from "../../../gateway/core/timers.ts";
import { OCPP_LIMITS } from "../../../gateway/ocpp/limits.ts";
import { frameOptions } from "../../../gateway/ocpp/web_socket.ts";
import { FrameSocket } from "../../../gateway/ocpp/websocket/frame_socket.ts";
import { MaskKeys } from "../../../gateway/ocpp/websocket/frame_writer.ts";

const [certFile, keyFile, caFile, csmsPort] = Deno.args;
const secureContext = tls.createSecureContext({ ca: Deno.readTextFileSync(caFile!) });
const options = frameOptions(OCPP_LIMITS.messageBytes, systemTimers), keys = new MaskKeys(systemRandom);
const NOTHING = Buffer.alloc(0);

const identity = { cert: Deno.readTextFileSync(certFile!), key: Deno.readTextFileSync(keyFile!) };
const server = tls.createServer(identity, (station) => {
  const way = { host: "127.0.0.1", port: Number(csmsPort), servername: "localhost", secureContext };
  const csms = tls.connect(way as tls.ConnectionOptions);
  for (const [one, other] of [[station, csms], [csms, station]] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
  // The handshake passes as it is: one piece each way, as the stations and the CSMS of the bench send it.
  station.once("data", (request) => csms.write(request));
  csms.once("data", (answer: Buffer) => {
    join(new FrameSocket(station, NOTHING, options, answer), new FrameSocket(csms, NOTHING, { ...options, keys }));
  });
});

function join(station: FrameSocket, csms: FrameSocket): void {
  station.on("message", (data: Buffer) => csms.send(data, { binary: false }));
  csms.on("message", (data: Buffer) => station.send(data, { binary: false }));
  station.on("error", () => csms.terminate());
  csms.on("error", () => station.terminate());
}

server.listen(0, "127.0.0.1", () => {
  Deno.stdout.writeSync(new TextEncoder().encode(`PORT ${(server.address() as AddressInfo).port}\n`));
});
