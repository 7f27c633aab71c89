import { Buffer } from "node:buffer";
import { mutate } from "../../tests/support/mutate.ts";
import { ProtocolError } from "../core/errors.ts";
import { chainOf, decodeQuery, decodeResponse, encodeQuery, sendAnswer, TYPES, writeAnswer } from "./codec.ts";

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
const CSMS = "04 63736d73 07 6578616d706c65 00";
const QUERIES = [
  encodeQuery(0x4711, "csms.example", TYPES.AAAA),
  bytesOf(`abcd 0100 0001 0000 0000 0000 ${CSMS} 001c 0001`),
];
const RESPONSES = [
  bytesOf(`0001 8180 0001 0002 0000 0001 ${CSMS} 0001 0001
    c00c 0005 0001 0000012c 0012 04 65646765 07 6578616d706c65 03 6e6574 00
    c02a 0001 0001 0000003c 0004 cb007107 00 0029 1000 00000000 0000`),
  bytesOf(`0002 8183 0001 0000 0001 0000 04 6e6f7065 07 6578616d706c65 00 0001 0001
    c011 0006 0001 00000e10 0020 026e73 c011 04686f7374 c011 00000001 00000e10 00000384 00093a80 0000012c`),
];

/** Decodes or throws ProtocolError, and nothing else. */
function survives(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

Deno.test("dns codec: 10,000 mutated packets in each direction", () => {
  for (const bytes of mutate(QUERIES, { count: 10_000, seed: 20_261_121 })) survives(decodeQuery, bytes);
  for (const bytes of mutate(RESPONSES, { count: 10_000, seed: 53 })) {
    survives((given) => {
      // What is believed can also be sent on.
      const response = decodeResponse(given);
      const answers = chainOf(response);
      sendAnswer(writeAnswer(response, { rcode: response.rcode, answers }), decodeQuery(QUERIES[1]!), {
        ageSeconds: 1,
        maxBytes: 65_535,
      });
    }, bytes);
  }
});
