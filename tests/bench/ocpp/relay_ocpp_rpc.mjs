// The OCPP-aware peer: a relay on ocpp-rpc in strict mode, one client upstream per station. Runs on Node.
import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import { RPCClient, RPCServer } from "ocpp-rpc";

const [certFile, keyFile, caFile, upstream] = process.argv.slice(2);
const tls = { ca: readFileSync(caFile), perMessageDeflate: false };
const server = new RPCServer({ protocols: ["ocpp1.6"], strictMode: true });
server.auth(async (accept, reject, handshake) => {
  const client = new RPCClient({
    endpoint: upstream,
    identity: handshake.identity,
    password: handshake.password,
    protocols: ["ocpp1.6"],
    strictMode: true,
    reconnect: false,
    wsOpts: tls,
  });
  try {
    await client.connect();
    accept({ client });
  } catch {
    reject(503);
  }
});
server.on("client", (station) => {
  const { client } = station.session;
  station.handle(({ method, params }) => client.call(method, params));
  client.handle(({ method, params }) => station.call(method, params));
  station.on("close", () => client.close());
  client.on("close", () => station.close());
});
const http = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
http.on("upgrade", server.handleUpgrade);
http.listen(0, "127.0.0.1", () => process.stdout.write(`PORT ${http.address().port}\n`));
