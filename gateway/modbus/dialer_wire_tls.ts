import type { Buffer } from "node:buffer";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { describeError } from "../core/errors.ts";
import { readCertificate } from "../pki/certificate.ts";
import type { TcpPlace, Wire, WireEvents } from "./dialer_tcp.ts";

/** TLS with a certificate of our own: node:tls, since Deno's own TLS on a connection has none to show. */
export function openTlsWire({ host, port, tls }: TcpPlace, events: WireEvents): Wire {
  const { caPem, certPem, keyPem, serverName } = tls!;
  let why: string | undefined, isOver = false;
  const socket = connect({
    ...{ host, port, ca: [caPem], cert: certPem, key: keyPem, minVersion: "TLSv1.2", rejectUnauthorized: true },
    ...isIP(serverName) ? {} : { servername: serverName }, // SNI carries names only
  });
  const end = (reason: string) => {
    if (isOver) return;
    isOver = true;
    events.lost(why ?? reason);
  };
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  socket.on("secureConnect", () => {
    if (isVersion3(socket)) return events.opened();
    end("the device's certificate is not X.509 version 3: whether it has the key is not checked (F1)");
  });
  socket.on("data", (chunk: Buffer) => events.received(chunk));
  socket.on("error", (error) => why ??= describeError(error));
  socket.on("end", () => end("the device closed the connection"));
  socket.on("close", () => end("the connection ended"));
  return {
    write: (bytes) => void socket.write(bytes),
    close: () => {
      isOver = true;
      socket.destroy();
    },
  };
}

function isVersion3(socket: TLSSocket): boolean {
  const { raw } = socket.getPeerCertificate(true);
  return raw?.length > 0 && readCertificate(new Uint8Array(raw)).version === 3;
}
