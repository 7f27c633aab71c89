import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from "node:tls";
import { TestCa } from "./test_ca.ts";

/** An end of a connection. */
export type End = "client" | "server";

/** Both ends of a TLS connection over connected sockets, and what lies below each. */
export interface TlsPair {
  readonly server: TLSSocket;
  readonly client: TLSSocket;
  readonly below: Readonly<Record<End, Socket>>;
}

const { certPem: cert, keyPem: key } = new TestCa().server(["localhost"]);

/** Connects both ends, and ends them when `use` is done. Half open, as an HTTP server has its connections. */
export async function withTlsPair(use: (pair: TlsPair) => unknown): Promise<void> {
  const tls = createTlsServer({ cert, key, allowHalfOpen: true });
  const below = Promise.withResolvers<Socket>();
  const tcp = createTcpServer({ allowHalfOpen: true }, (socket) => {
    below.resolve(socket);
    tls.emit("connection", socket);
  }).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const own = connectTcp((tcp.address() as AddressInfo).port, "127.0.0.1");
  await once(own, "connect");
  const accepted = once(tls, "secureConnection");
  const client = connectTls({ socket: own, rejectUnauthorized: false });
  const [server] = await accepted as [TLSSocket];
  try {
    await use({ server, client, below: { server: await below.promise, client: own } });
  } finally {
    server.destroy();
    client.destroy();
    await new Promise((done) => tcp.close(done));
  }
}
