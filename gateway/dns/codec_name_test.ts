import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ProtocolError } from "../core/errors.ts";
import { nameBytes, readName } from "./codec_name.ts";
import { DNS_LIMITS } from "./limits.ts";

const HEADER = "00".repeat(12);

/** Reads the name at byte 12 of a message whose bytes behind the header are these. */
function read(hex: string) {
  return readName(new Uint8Array(Buffer.from(HEADER + hex.replaceAll(" ", ""), "hex")), 12);
}

function refuses(hex: string, message: RegExp): void {
  throws(() => read(hex), (error: unknown) => {
    equal(error instanceof ProtocolError && error.code, "DNS_MALFORMED");
    equal(message.test((error as Error).message), true, (error as Error).message);
    return true;
  });
}

const GOOD: readonly [what: string, hex: string, name: string, next: number][] = [
  ["two labels", "04 63736d73 07 6578616d706c65 00", "csms.example", 26],
  ["capitals", "04 43534d53 07 4578616d506c65 00", "csms.example", 26],
  ["the root", "00", ".", 13],
  ["an underscore", "04 5f736970 00", "_sip", 18],
  ["a dot inside a label is no separator", "0c 63736d732e6578616d706c65 00", "csms\\046example", 26],
  ["a backslash", "02 5c61 00", "\\092a", 16],
  ["a byte beyond ASCII", "02 ffc3 00", "\\255\\195", 16],
  ["a space and a star", "02 202a 00", "\\032\\042", 16],
  ["a byte of 0", "01 00 00", "\\000", 15],
  ["a label of 63 bytes", `3f ${"61".repeat(63)} 00`, "a".repeat(63), 77],
];

for (const [what, hex, name, next] of GOOD) {
  Deno.test(`dns names: ${what}`, () => {
    const isCompressed = false;
    equal(read(hex), { name, next, isCompressed });
    // what was read can be written again, in lower case
    equal(read(Buffer.from(nameBytes(name)).toString("hex")).name, name);
  });
}

Deno.test("dns names: a pointer leads back, and reading goes on behind it", () => {
  const bytes = new Uint8Array(Buffer.from(`${HEADER}0161 00 0162 c00c`.replaceAll(" ", ""), "hex"));
  equal(readName(bytes, 15), { name: "b.a", next: 19, isCompressed: true });
  const chained = new Uint8Array(Buffer.from(`${HEADER}0161000162c00c0163c00f`, "hex"));
  equal(readName(chained, 19).name, "c.b.a");
});

const BAD: readonly [what: string, hex: string, message: RegExp][] = [
  ["a pointer to itself", "c00c", /does not lead back/],
  ["a pointer forward", "c00e 0161 00", /does not lead back/],
  ["a pointer into the header", "0161 c000", /does not lead back/],
  ["two pointers in a circle", "0161 c00c", /does not lead back/],
  ["a pointer without its second byte", "c0", /no end/],
  ["a label of kind 01", "41 61 00", /unknown kind/],
  ["a label of kind 10", "81 61 00", /unknown kind/],
  ["a label that ends behind the message", "05 6162", /beyond its end/],
  ["no end", "01 61", /no end/],
  ["nothing at all", "", /no end/],
];

for (const [what, hex, message] of BAD) {
  Deno.test(`dns names: ${what} is refused`, () => refuses(hex, message));
}

Deno.test("dns names: 255 bytes are read and written, 256 are not", () => {
  const label = (bytes: number) => bytes.toString(16).padStart(2, "0") + "61".repeat(bytes);
  const longest = label(63).repeat(3) + label(61);
  const { name } = read(`${longest}00`);
  equal(nameBytes(name).length, DNS_LIMITS.nameBytes);
  refuses(`${label(63).repeat(3) + label(62)}00`, /longer than 255/);
  throws(() => nameBytes(`${name}a`), { code: "DNS_MALFORMED" });
});

Deno.test("dns names: what no name is cannot be written", () => {
  for (const name of ["", "a..b", "a".repeat(64), "\\999", "\\", "a\u0100", "\\25"]) {
    throws(() => nameBytes(name), { code: "DNS_MALFORMED" }, name);
  }
});

Deno.test("dns names: a name written over many pointers costs no more than its bytes", () => {
  // Each record points to the one before it: the work is bounded by the name's length, not by the number of pointers.
  let hex = "0161 00".replace(" ", "");
  let last = 12;
  for (let index = 0; index < 126; index++) {
    const at = 12 + hex.length / 2;
    hex += `0161c0${last.toString(16).padStart(2, "0")}`.replace(
      /c0([0-9a-f]+)$/,
      (_, to: string) => (0xc000 | parseInt(to, 16)).toString(16),
    );
    last = at;
  }
  const bytes = new Uint8Array(Buffer.from(HEADER + hex, "hex"));
  equal(readName(bytes, last).name.length, 127 * 2 - 1);
});
