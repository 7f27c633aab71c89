import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { readSignature, writeSignature } from "./cms.ts";
import { PAPER_LIMITS } from "./limits.ts";
import { fillSignature, findSignatures, placeholderOf } from "./pdf_signature.ts";
import { PaperRig } from "./testing/paper_rig.ts";

const NONCE = "a1b2c3d4e5f60718";
const INVALID = { code: "PAPER_SIGNATURE_INVALID" };

/** A tiny file with the place of a signature. */
function draft(nonce: string, contents = PAPER_LIMITS.signatureBytes): Uint8Array {
  const { ByteRange } = placeholderOf(nonce), [, mark] = ByteRange;
  const range = `/ByteRange [0 /${mark} /${mark} /${mark}]`;
  return new TextEncoder().encode(`%PDF-1.7\n${range}\n/Contents <${"0".repeat(2 * contents)}>\n%%EOF\n`);
}

Deno.test("pdf signature: covers every byte but itself", () => {
  const signed = fillSignature(draft(NONCE), NONCE, () => Uint8Array.of(1, 2, 3));
  const [found, ...more] = [...findSignatures(signed)];
  deepEqual([...found!.signature.subarray(0, 4)], [1, 2, 3, 0]);
  equal(found!.signature.length, PAPER_LIMITS.signatureBytes);
  equal(more.length, 0);
  match(new TextDecoder().decode(signed), /\/ByteRange \[0 \d+ \d+ 7\] *\n\/Contents <010203000/);
});

Deno.test("pdf signature: as many bytes as are kept free, and one past them", () => {
  const { signatureBytes } = PAPER_LIMITS;
  fillSignature(draft(NONCE), NONCE, () => new Uint8Array(signatureBytes).fill(7));
  throws(() => fillSignature(draft(NONCE), NONCE, () => new Uint8Array(signatureBytes + 1)), /more than the 12288/);
});

Deno.test("pdf signature: no place, two places, or too little room for it are refused", () => {
  const sign = () => Uint8Array.of(1);
  throws(() => fillSignature(new TextEncoder().encode("%PDF-1.7"), NONCE, sign), /no single place/);
  throws(() => fillSignature(new Uint8Array([...draft(NONCE), ...draft(NONCE)]), NONCE, sign), /no single place/);
  throws(() => fillSignature(draft(NONCE, 10), NONCE, sign), /no room/);
  throws(() => fillSignature(draft(NONCE), "ffffffffffffffff", sign), /no single place/);
});

for (
  const [name, text] of [
    ["no range", "%PDF-1.7 /Contents <00>"],
    ["a range of names", "%PDF-1.7 /ByteRange [0 /a /b /c]"],
    ["one that does not start at the start", "%PDF-1.7 /ByteRange [1 9 10 10]"],
    ["one that ends before the end", "%PDF-1.7 /ByteRange [0 9 10 10] /Contents <00> more and more and more"],
    ["one that runs backwards", "%PDF-1.7 /ByteRange [0 30 9 37]"],
    ["one whose hole is no hex string", "%PDF-1.7 (ab) /ByteRange [0 9 13 27] \n"],
    ["numbers that are too long", "%PDF-1.7 /ByteRange [0 11111111111 2 3]"],
  ] as const
) {
  Deno.test(`pdf signature: a file with ${name} has none`, () => {
    deepEqual([...findSignatures(new TextEncoder().encode(text))], []);
  });
}

Deno.test("pdf signature: what is no PDF, or too large, is refused by name", () => {
  throws(() => [...findSignatures(new TextEncoder().encode("<html>"))], { ...INVALID, message: /no PDF/ });
  const large = new Uint8Array(PAPER_LIMITS.pdfBytes + 1);
  throws(() => [...findSignatures(large)], { ...INVALID, message: /at most 33554432/ });
  throws(() => [...findSignatures(large.subarray(0, PAPER_LIMITS.pdfBytes))], { ...INVALID, message: /no PDF/ });
});

Deno.test("pdf signature: as many places as are tried, and one past them", () => {
  const signed = fillSignature(draft(NONCE), NONCE, () => Uint8Array.of(9));
  const text = new TextDecoder().decode(signed);
  // decoys behind the signature shift nothing: the range is counted from the end of the whole
  const withDecoys = (count: number) => {
    const tail = "/ByteRange ".repeat(count), total = text.length + tail.length;
    const [, start, end] = /\[0 (\d+) (\d+) \d+\]/.exec(text)!;
    const range = `[0 ${start} ${end} ${total - Number(end)}]`;
    return new TextEncoder().encode(text.replace(/\[0 \d+ \d+ \d+\] {0,3}/, (old) => range.padEnd(old.length)) + tail);
  };
  equal([...findSignatures(withDecoys(PAPER_LIMITS.signaturePlaces - 1))].length, 1);
  equal([...findSignatures(withDecoys(PAPER_LIMITS.signaturePlaces))].length, 0);
});

const DIGEST = new Uint8Array(32).fill(5);

async function signatureOf(rig: PaperRig, digest: Uint8Array = DIGEST): Promise<Uint8Array> {
  return (await rig.signer().signer()).sign(digest);
}

Deno.test("cms: what was written is read, with zeros behind it, and only over its own digest", async () => {
  await using rig = await PaperRig.open();
  const bytes = await signatureOf(rig), padded = new Uint8Array(bytes.length + 40);
  padded.set(bytes);
  const { signer, others } = readSignature(padded, DIGEST);
  deepEqual([signer.subject.commonNames, others.length], [["Bulkhead papers garage-12"], 0]);
  throws(() => readSignature(bytes, new Uint8Array(32)), { ...INVALID, message: /changed after they were signed/ });
  padded[bytes.length + 3] = 1;
  throws(() => readSignature(padded, DIGEST), { ...INVALID, message: /something stands behind it/ });
  throws(() => readSignature(bytes.subarray(0, bytes.length - 1), DIGEST), { ...INVALID, message: /cut off/ });
});

Deno.test("cms: more certificates than may be brought, and the limit", async () => {
  await using rig = await PaperRig.open();
  const { signer } = readSignature(await signatureOf(rig), DIGEST);
  const many = (count: number) =>
    writeSignature(DIGEST, Array.from({ length: count }, () => signer), () => new Uint8Array(8));
  throws(() => readSignature(many(PAPER_LIMITS.certificates + 1), DIGEST), /more than 8 certificates/);
  throws(() => readSignature(many(PAPER_LIMITS.certificates), DIGEST), /its key did not sign it/);
});

Deno.test("papers: the CA that may vouch for other purposes only is named", async () => {
  await using rig = await PaperRig.open();
  const refusing = {
    hasIssued: () => false,
    issueSigner: () => {
      throw Object.assign(new Error("no"), { code: "PKI_CA_UNUSABLE" });
    },
  };
  await rejects(rig.signer(refusing as never).signer(), { code: "PKI_CA_UNUSABLE" });
});
