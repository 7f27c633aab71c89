import { equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { FIRMWARE_LIMITS } from "./limits.ts";
import { isMinisigned, minisignHash, readMinisign, readMinisignKey } from "./minisign.ts";

const FILE = new TextEncoder().encode("an image");
const ID = Buffer.from("0102030405060708", "hex");
const pair = generateKeyPairSync("ed25519");
const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
const KEY = Buffer.concat([Buffer.from("Ed"), ID, publicKey]).toString("base64");

/** A signature file as minisign writes it; parts can be made wrong. */
function minisig(
  changes: { algorithm?: string; id?: Buffer; comment?: string; signedComment?: string; end?: string } = {},
) {
  const { algorithm = "ED", id = ID, comment = "timestamp:1", end = "\n" } = changes;
  const digest = createHash("blake2b512").update(FILE).digest();
  const signature = sign(null, digest, pair.privateKey);
  const global = sign(null, Buffer.concat([signature, Buffer.from(changes.signedComment ?? comment)]), pair.privateKey);
  const first = Buffer.concat([Buffer.from(algorithm), id, signature]).toString("base64");
  return `untrusted comment: x\n${first}\ntrusted comment: ${comment}\n${global.toString("base64")}${end}`;
}

function digestOf(bytes: Uint8Array): Uint8Array {
  const hash = minisignHash();
  hash.update(bytes.subarray(0, 3));
  hash.update(bytes.subarray(3));
  return hash.digest();
}

const isGood = (text: string, bytes = FILE) => {
  const signature = readMinisign(text);
  return signature !== undefined && isMinisigned(digestOf(bytes), signature, readMinisignKey(KEY)!);
};

Deno.test("minisign: a good signature counts, with its comment", () => {
  equal(isGood(minisig()), true);
  equal(readMinisign(minisig())?.trustedComment, "timestamp:1");
  equal(isGood(minisig({ end: "" })), true);
});

Deno.test("minisign: another file, key or comment does not", () => {
  equal(isGood(minisig(), new TextEncoder().encode("an imagE")), false);
  equal(isGood(minisig({ id: Buffer.alloc(8) })), false);
  equal(isGood(minisig({ comment: "version 9", signedComment: "version 1" })), false);
});

Deno.test("minisign: the form that does not hash first, and what is no signature file, are not read", () => {
  const good = minisig();
  for (
    const text of [
      minisig({ algorithm: "Ed" }),
      "",
      good.replace("untrusted", "x"),
      good.replace("trusted comment: timestamp", "comment: timestamp"),
      good.replace(/\n[A-Za-z0-9+/]/, "\n*"),
      `${good}more`,
      good.split("\n").slice(0, 3).join("\n"),
    ]
  ) {
    equal(readMinisign(text), undefined);
  }
});

Deno.test("minisign: a file as long as the limit is read, one character more is not", () => {
  const room = FIRMWARE_LIMITS.minisignBytes - minisig({ comment: "" }).length;
  ok(readMinisign(minisig({ comment: "c".repeat(room) })));
  equal(readMinisign(minisig({ comment: "c".repeat(room + 1) })), undefined);
});

Deno.test("minisign: a key alone or in its file; any other text is none", () => {
  equal(readMinisignKey(KEY)?.id, ID.toString("hex"));
  equal(readMinisignKey(`untrusted comment: minisign public key\n${KEY}\n`)?.id, ID.toString("hex"));
  for (const text of ["", "x", KEY.slice(4), `${KEY}AAAA`, KEY.replace("RW", "RX")]) {
    equal(readMinisignKey(text), undefined, text);
  }
});
