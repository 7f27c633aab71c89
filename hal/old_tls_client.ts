import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { check } from "./schema.ts";
import type { OldTlsTarget } from "./old_tls.ts";
import { openHaldStream, writeAll } from "./stream_client.ts";
import { netOldTls, netOldTlsCertificate } from "./verbs/net_old_tls.ts";

/**
 * Opens bytes to a device with old TLS through hald; in clear on this side.
 * @param certificate the approved one, DER
 * @throws HardwareError HAL_UNREACHABLE, HAL_NOT_CONFIGURED, HAL_TLS_REFUSED, HAL_TLS_FAILED
 */
export async function openOldTls(socketPath: string, target: OldTlsTarget, certificate: Uint8Array): Promise<Duplex> {
  const args = { ...target, certificate: Buffer.from(certificate).toString("base64") };
  const { connection, answer, rest } = await openHaldStream(socketPath, netOldTls.name, args);
  check(netOldTls.answer, answer);
  return duplexOf(connection, rest);
}

/** The certificate that a device with old TLS presents, DER, proven by nothing. @throws as `openOldTls` */
export async function readOldTlsCertificate(socketPath: string, target: OldTlsTarget): Promise<Uint8Array> {
  const { connection, answer } = await openHaldStream(socketPath, netOldTlsCertificate.name, target);
  connection.close();
  return new Uint8Array(Buffer.from(check(netOldTlsCertificate.answer, answer).certificate, "base64"));
}

function duplexOf(connection: Deno.UnixConn, first: Uint8Array): Duplex {
  let isReading = false;
  const stream = new Duplex({
    // When the device has ended, so has everything.
    allowHalfOpen: false,
    read() {
      if (isReading) return;
      isReading = true;
      readOn(connection, stream).finally(() => isReading = false).catch((error) => stream.destroy(error));
    },
    write(piece: Uint8Array, _encoding, done) {
      writeAll(connection, piece).then(() => done(), done);
    },
    destroy(error, done) {
      close(connection);
      done(error);
    },
  });
  if (first.length > 0) stream.push(first);
  return stream;
}

/** Reads until the stream has enough, or the other side ends. */
async function readOn(connection: Deno.UnixConn, stream: Duplex): Promise<void> {
  const buffer = new Uint8Array(64 * 1_024);
  for (;;) {
    const read = await connection.read(buffer);
    if (stream.destroyed) return;
    if (!stream.push(read === null ? null : buffer.slice(0, read)) || read === null) return;
  }
}

function close(connection: Deno.UnixConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // It was closed already.
  }
}
