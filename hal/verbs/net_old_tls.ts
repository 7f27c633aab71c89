import { Buffer } from "node:buffer";
import { HardwareError } from "../../gateway/core/errors.ts";
import { HAL_LIMITS } from "../limits.ts";
import type { OldTlsStream, OldTlsTarget } from "../old_tls.ts";
import { base64Bytes, integer, object, text } from "../schema.ts";
import { type ByteConnection, defineVerb, type HaldBox } from "../verb.ts";
import { needOldTls } from "./need.ts";

const Target = { address: text({ min: 2, max: 45, form: /^[0-9A-Fa-f.:]+$/ }), port: integer(1, 65_535) };

/** Bytes to a listed device whose TLS only OpenSSL speaks; the connection carries them after the answer. */
export const netOldTls = defineVerb({
  name: "net.old-tls",
  permission: "act",
  args: object({ ...Target, certificate: base64Bytes(1, HAL_LIMITS.certificateBytes) }),
  answer: object({ agreed: text({ max: 120 }) }),
  run: () =>
    Promise.reject(new HardwareError("HAL_BAD_VALUE", "net.old-tls is opened as a stream, not called as a verb")),
  open: async ({ certificate, ...target }: OldTlsTarget & { readonly certificate: string }, box: HaldBox) => {
    const stream = await needOldTls(box).open(target, new Uint8Array(Buffer.from(certificate, "base64")));
    return {
      answer: { agreed: stream.agreed.slice(0, 120) },
      carry: (connection) => carryBytes(stream, connection),
      close: () => stream.close(),
    };
  },
});

/** The certificate that a listed device presents, proven by nothing, for a person to compare. */
export const netOldTlsCertificate = defineVerb({
  name: "net.old-tls-certificate",
  permission: "act",
  args: object(Target),
  answer: object({ certificate: base64Bytes(1, HAL_LIMITS.certificateBytes) }),
  run: async (target: OldTlsTarget, box: HaldBox) => {
    const der = await needOldTls(box).certificate(target);
    return { certificate: Buffer.from(der).toString("base64") };
  },
});

/** Carries bytes both ways until either side ends; a side that does not read holds the other up. */
async function carryBytes(stream: OldTlsStream, connection: ByteConnection): Promise<void> {
  await Promise.race([toCaller(stream, connection), toDevice(stream, connection)]);
}

async function toCaller({ readable }: OldTlsStream, connection: ByteConnection): Promise<void> {
  for await (const piece of readable) {
    for (let at = 0; at < piece.length;) at += await connection.write(piece.subarray(at));
  }
}

async function toDevice({ writable }: OldTlsStream, connection: ByteConnection): Promise<void> {
  const writer = writable.getWriter();
  const buffer = new Uint8Array(64 * 1_024);
  for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
    await writer.write(buffer.slice(0, read));
  }
}
