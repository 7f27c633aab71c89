import { deepEqual, equal, ok } from "node:assert/strict";
import { encodeException, EXCEPTION, FUNCTION } from "./codec.ts";
import { decodeRequest, encodeRequest } from "./codec_request.ts";
import { decodeResponse } from "./codec_response.ts";
import { EXCHANGES, hex } from "./testing/examples.ts";
import { mutate, seeded } from "../../tests/support/mutate.ts";

/**
 * The rules of V1.1b3 section 6 a second time, written from its tables and not from the codec: where the two disagree one of them
 * is wrong. Numbers stand here as the standard prints them.
 */
function mayBeAsked(pdu: Uint8Array): boolean {
  const word = (at: number) => pdu[at]! * 256 + pdu[at + 1]!;
  const isSpan = (at: number, most: number) =>
    word(at + 2) >= 1 && word(at + 2) <= most && word(at) + word(at + 2) <= 65_536;
  const size = pdu.length;
  if (size > 253) return false;
  switch (pdu[0]) {
    case 0x01:
    case 0x02:
      return size === 5 && isSpan(1, 0x7d0);
    case 0x03:
    case 0x04:
      return size === 5 && isSpan(1, 0x7d);
    case 0x05:
      return size === 5 && (word(3) === 0x0000 || word(3) === 0xff00);
    case 0x06:
      return size === 5;
    case 0x07:
    case 0x0b:
    case 0x0c:
    case 0x11:
      return size === 1;
    case 0x08:
      return size >= 5 && size % 2 === 1;
    case 0x0f: {
      if (size < 6 || !isSpan(1, 0x7b0)) return false;
      const bytes = Math.trunc(word(3) / 8) + (word(3) % 8 === 0 ? 0 : 1);
      return pdu[5] === bytes && size === 6 + bytes;
    }
    case 0x10:
      return size >= 6 && isSpan(1, 0x7b) && pdu[5] === word(3) * 2 && size === 6 + word(3) * 2;
    case 0x14:
      return mayReadFiles(pdu, word);
    case 0x15:
      return mayWriteFiles(pdu, word);
    case 0x16:
      return size === 7;
    case 0x17:
      return size >= 10 && isSpan(1, 0x7d) && isSpan(5, 0x79) && pdu[9] === word(7) * 2 && size === 10 + word(7) * 2;
    case 0x18:
      return size === 3;
    case 0x2b:
      return size === 4 && pdu[1] === 0x0e && pdu[2]! >= 1 && pdu[2]! <= 4;
    default:
      return false;
  }
}

type Word = (at: number) => number;

/** Reference type 6, a file from 1, records 0 to 9999 (0x270F). */
const isReference = (pdu: Uint8Array, word: Word, at: number) =>
  pdu[at] === 6 && word(at + 1) >= 1 && word(at + 5) >= 1 && word(at + 3) + word(at + 5) <= 0x2710;

function mayReadFiles(pdu: Uint8Array, word: Word): boolean {
  const bytes = pdu[1] ?? 0;
  if (bytes < 7 || bytes > 0xf5 || bytes % 7 !== 0 || pdu.length !== 2 + bytes) return false;
  let answer = 2;
  for (let at = 2; at < pdu.length; at += 7) {
    if (!isReference(pdu, word, at)) return false;
    answer += 2 + word(at + 5) * 2;
  }
  return answer <= 253;
}

function mayWriteFiles(pdu: Uint8Array, word: Word): boolean {
  const bytes = pdu[1] ?? 0;
  if (bytes < 9 || bytes > 0xfb || pdu.length !== 2 + bytes) return false;
  for (let at = 2; at < pdu.length;) {
    if (pdu.length - at < 7 || !isReference(pdu, word, at)) return false;
    at += 7 + word(at + 5) * 2;
    if (at > pdu.length) return false;
  }
  return true;
}

/** "ok", or the code of the fault; anything else is a fault of the codec. */
function verdict(pdu: Uint8Array): string {
  try {
    decodeRequest(pdu);
    return "ok";
  } catch (error) {
    const { code } = error as { code?: string };
    if (!/^MODBUS_(FUNCTION|ADDRESS|VALUE)$/.test(code ?? "")) throw error;
    return code!;
  }
}

const shown = (pdu: Uint8Array) => [...pdu].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
const REQUESTS = EXCHANGES.map(([, request]) => hex(request));

Deno.test("modbus rules: every value of every byte of every example is judged as the standard's tables say", () => {
  for (const request of REQUESTS) {
    for (let at = 0; at < request.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const pdu = request.slice();
        pdu[at] = byte;
        equal(verdict(pdu) === "ok", mayBeAsked(pdu), shown(pdu));
      }
    }
  }
});

Deno.test("modbus rules: every example, cut or filled up to every length, is judged as the standard's tables say", () => {
  for (const request of REQUESTS) {
    const accepted: number[] = [];
    for (let length = 1; length <= 256; length++) {
      const pdu = new Uint8Array(length);
      pdu.set(request.subarray(0, length));
      equal(verdict(pdu) === "ok", mayBeAsked(pdu), shown(pdu));
      if (verdict(pdu) === "ok") accepted.push(length);
    }
    // Diagnostics carry any number of words; every other request has one length.
    const wanted = request[0] === 8 ? Array.from({ length: 125 }, (_, at) => 5 + at * 2) : [request.length];
    deepEqual(accepted, wanted, `function code ${request[0]}`);
  }
});

Deno.test("modbus rules: every quantity of every function code that has one", () => {
  for (const code of [1, 2, 3, 4]) {
    const accepted = quantities((quantity) => Uint8Array.of(code, 0, 0, quantity >> 8, quantity & 0xff));
    deepEqual(accepted, [1, code < 3 ? 2000 : 125], `function code ${code}`);
  }
  const write = (code: number, bytesOf: (quantity: number) => number) => (quantity: number) =>
    Uint8Array.of(code, 0, 0, quantity >> 8, quantity & 0xff, bytesOf(quantity), ...new Uint8Array(bytesOf(quantity)));
  deepEqual(quantities(write(15, (quantity) => Math.min(255, Math.ceil(quantity / 8)))), [1, 1968]);
  deepEqual(quantities(write(16, (quantity) => Math.min(255, quantity * 2))), [1, 123]);
});

/** The smallest and the largest quantity that is taken; all between them must be. */
function quantities(request: (quantity: number) => Uint8Array): [number, number] {
  const taken: number[] = [];
  for (let quantity = 0; quantity < 0x10000; quantity += quantity < 2_100 ? 1 : 997) {
    const pdu = request(quantity);
    equal(verdict(pdu) === "ok", mayBeAsked(pdu), shown(pdu));
    if (verdict(pdu) === "ok") taken.push(quantity);
  }
  equal(taken.length, taken.at(-1)! - taken[0]! + 1, "no gap");
  return [taken[0]!, taken.at(-1)!];
}

Deno.test("modbus rules: mutations of all examples are judged as the standard's tables say (seeded, 60,000)", () => {
  let taken = 0;
  for (const pdu of mutate(REQUESTS, { count: 60_000, seed: 92 })) {
    if (pdu.length === 0) continue;
    const says = verdict(pdu);
    equal(says === "ok", mayBeAsked(pdu), shown(pdu));
    // Exception 01 is for function codes that nobody knows, and for those alone.
    const isKnown = Object.values(FUNCTION).includes(pdu[0] as 1) &&
      !(pdu[0] === 43 && pdu.length > 1 && pdu[1] !== 14);
    equal(says === "MODBUS_FUNCTION", pdu.length <= 253 && !isKnown, shown(pdu));
    if (says === "ok") taken++;
  }
  ok(taken > 3_000, `only ${taken} could be asked`);
});

Deno.test("modbus rules: random bytes of any length are judged as the standard's tables say (seeded, 40,000)", () => {
  const random = seeded(93), codes = Object.values(FUNCTION);
  for (let turn = 0; turn < 40_000; turn++) {
    const pdu = Uint8Array.from({ length: 1 + random(24) }, () => random(4) === 0 ? random(256) : random(8));
    pdu[0] = codes[random(codes.length)]!;
    equal(verdict(pdu) === "ok", mayBeAsked(pdu), shown(pdu));
  }
});

Deno.test("modbus rules: every answer, cut or filled up to every length, is taken at one length alone", () => {
  for (const [code, request, response] of EXCHANGES) {
    const asked = decodeRequest(hex(request)), whole = hex(response), taken: number[] = [];
    for (let length = 0; length <= 256; length++) {
      const pdu = new Uint8Array(length);
      pdu.set(whole.subarray(0, length));
      try {
        decodeResponse(asked, pdu);
        taken.push(length);
      } catch (error) {
        equal((error as { code: string }).code, "MODBUS_RESPONSE", `${length} bytes for ${code}`);
      }
    }
    deepEqual(taken, [whole.length], `function code ${code}`);
  }
});

Deno.test("modbus rules: every exception of every function code is an answer to its own requests, and 0 to none", () => {
  for (const [code, request] of EXCHANGES) {
    const asked = decodeRequest(hex(request));
    for (let exception = 0; exception < 256; exception++) {
      const pdu = encodeException(code, exception);
      equal(pdu[0], code | 0x80);
      if (exception === 0) equal(isAnswer(asked, pdu), false);
      else deepEqual(decodeResponse(asked, pdu), { kind: "exception", exception });
      equal(isAnswer(asked, encodeException(code ^ 1, exception)), false, "another function code's");
    }
  }
});

function isAnswer(...args: Parameters<typeof decodeResponse>): boolean {
  try {
    decodeResponse(...args);
    return true;
  } catch {
    return false;
  }
}

Deno.test("modbus rules: exceptions have the numbers of section 7, function codes those of section 5", () => {
  deepEqual(Object.values(EXCEPTION), [1, 2, 3, 4, 5, 6, 8, 10, 11]);
  deepEqual(Object.values(FUNCTION), [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43]);
});

Deno.test("modbus rules: what is written has one form: the largest of each kind fills a PDU and no more", () => {
  const most = (length: number) => new Array<number>(length).fill(0xffff);
  const sizes = [
    encodeRequest({ function: 15, address: 0, bits: new Array<boolean>(1968).fill(true) }),
    encodeRequest({ function: 16, address: 0, registers: most(123) }),
    encodeRequest({ function: 21, records: [{ file: 1, record: 0, length: 122, registers: most(122) }] }),
    encodeRequest({ function: 23, read: { address: 0, quantity: 125 }, write: { address: 0, registers: most(121) } }),
  ].map((pdu) => [pdu[0], pdu.length, verdict(pdu)]);
  deepEqual(sizes, [[15, 252, "ok"], [16, 252, "ok"], [21, 253, "ok"], [23, 252, "ok"]]);
});
