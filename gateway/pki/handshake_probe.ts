import { connect, type Server as TlsServer, type TLSSocket } from "node:tls";
import type { ServerIdentity } from "../core/control_api.ts";
import type { Timers } from "../core/timers.ts";
import { sameBytes } from "./der_reader.ts";
import { PKI_LIMITS } from "./limits.ts";
import { createMemoryLink } from "./memory_link.ts";
import { readPem } from "./pem.ts";
import { unusable } from "./server_identity.ts";

/**
 * Makes a full handshake with a server that is about to serve, over a connection in memory: it needs no port and no
 * permission, and what was tested is the very object that will serve. Shows that the server presents exactly this
 * certificate; bad PEM, a key of another certificate or a bad CA for clients otherwise only show when every client is
 * turned away (facts F5).
 * @throws IntegrityError PKI_CERTIFICATE_UNUSABLE
 */
export async function testHandshake(server: TlsServer, identity: ServerIdentity, timers: Timers): Promise<void> {
  const [near, far] = createMemoryLink();
  const presented = Promise.withResolvers<Uint8Array | undefined>();
  const cancel = timers.after(PKI_LIMITS.selfTestMs, () => presented.reject(new Error("no answer in time")));
  let client: TLSSocket | undefined;
  try {
    const servername = identity.names.find((name) => /[a-z]/.test(name))?.replace("*", "self-test");
    server.emit("connection", far);
    // The test asks what is presented, not whether a public CA vouches for it.
    const name = servername === undefined ? {} : { servername };
    client = connect({ socket: near, rejectUnauthorized: false, ...name });
    client.once("secureConnect", () => presented.resolve(client!.getPeerCertificate(true).raw));
    client.on("error", presented.reject);
    client.on("close", () => presented.reject(new Error("the server closed the connection")));
    const raw = await presented.promise;
    const wanted = readPem(identity.certPem, "CERTIFICATE")[0]!;
    if (!raw || !sameBytes(new Uint8Array(raw), wanted)) throw new Error("the server presented another certificate");
  } catch (error) {
    throw unusable("the handshake self-test failed", error);
  } finally {
    cancel();
    client?.destroy();
    near.destroy();
    far.destroy();
  }
}
