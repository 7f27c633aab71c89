// What mutual TLS costs in Deno: one isolate that looks at nothing, from TLS to the device and back. Prints "PORT n".
import { type AddressInfo, connect } from "node:net";
import { createServer } from "node:tls";

const [dir, devicePort] = Deno.args;
const read = (name: string) => Deno.readTextFileSync(`${dir}/${name}`);
const server = createServer({
  ...{ cert: read("server.pem"), key: read("server.key"), ca: [read("ca.pem")] },
  ...{ requestCert: true, rejectUnauthorized: true, noDelay: true },
}, (socket) => {
  const device = connect({ host: "127.0.0.1", port: Number(devicePort), noDelay: true });
  socket.on("data", (bytes) => void device.write(bytes));
  device.on("data", (bytes) => void socket.write(bytes));
  for (const [one, other] of [[socket, device], [device, socket]] as const) {
    one.on("error", () => one.destroy());
    one.on("close", () => other.destroy());
  }
});
server.listen(0, "127.0.0.1", () => {
  Deno.stdout.writeSync(new TextEncoder().encode(`PORT ${(server.address() as AddressInfo).port}\n`));
});
