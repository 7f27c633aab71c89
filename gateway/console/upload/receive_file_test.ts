import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { systemRandom } from "../../core/timers.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import { DropFolder } from "./drop_folder.ts";
import { receiveFile, textOfFile } from "./receive_file.ts";

const { stallMs, slowWindowMs, slowestBytesPerSecond, totalMs } = CONSOLE_LIMITS.uploads;
/** Bytes of an upload that comes fast enough. */
const ENOUGH = slowestBytesPerSecond * slowWindowMs;

type Step = readonly [afterMs: number, bytes: number] | Error;

/** Receives a file that comes in these steps of manual time; says what lies in the folder afterwards. */
async function receive(steps: readonly Step[], imageBytes = 100_000_000) {
  const time = new ManualTime(), folder = await Deno.makeTempDir();
  let taken = 0;
  async function* body() {
    for (const step of steps) {
      if (step instanceof Error) throw step;
      time.advance(step[0]);
      await Promise.resolve();
      yield new Uint8Array(step[1]);
      taken++;
    }
  }
  const drop = new DropFolder({ folder, imageBytes, quotaBytes: Number.MAX_SAFE_INTEGER }, systemRandom);
  const incoming = { contentType: "application/octet-stream", body: body(), watch: { clock: time, timers: time } };
  try {
    const file = await receiveFile(incoming, "a.deb", drop).then((value) => value, (error) => error);
    return { file, names: [...Deno.readDirSync(folder)].map(({ name }) => name), armed: time.armed, taken };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("receive file: one that keeps coming is whole, and no timer is left", async () => {
  const { file, names, armed } = await receive([[1, 10], [stallMs - 1, 500], [stallMs - 1, 1]]);
  deepEqual([file.fileName, file.sizeBytes, names, armed], ["a.deb", 511, [file.upload], 0]);
});

const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);
const BROKEN: readonly [what: string, steps: readonly Step[], says: RegExp][] = [
  ["stalls", [[1, 10], [stallMs, 10]], /no byte for 30 seconds/],
  ["trickles", times(9, [slowWindowMs / 8, slowestBytesPerSecond]), /came slower than/],
  ["never ends", times(totalMs / (stallMs / 2) + 2, [stallMs / 2, slowestBytesPerSecond * 15]), /more than 2 hours/],
  ["is cut off", [[1, 10], new Error("connection reset")], /connection reset/],
  ["is cut off before its first byte", [new Error("aborted")], /aborted/],
];
for (const [what, steps, says] of BROKEN) {
  Deno.test(`receive file: one that ${what} leaves nothing`, async () => {
    const { file, names, armed } = await receive(steps);
    equal(file.code, "FIRMWARE_UPLOAD_BROKEN");
    match(file.message, says);
    deepEqual([names, armed], [[], 0]);
  });
}

Deno.test("receive file: one as slow as the limit is taken", async () => {
  const steps = times(8, [slowWindowMs / 8, ENOUGH / 8_000]);
  equal((await receive(steps)).file.sizeBytes, ENOUGH / 1_000);
});

Deno.test("receive file: an empty one is refused", async () => {
  const { file, names } = await receive([]);
  deepEqual([file.code, names], ["FORM_MALFORMED", []]);
});

Deno.test("receive file: what is too large is read to its end for a while, so that its sender hears why", async () => {
  const short = await receive([[1, 11], [1, 5], [1, 5]], 10);
  deepEqual([short.file.code, short.taken, short.names], ["FIRMWARE_TOO_LARGE", 3, []]);
  const long = await receive([[1, 11], [CONSOLE_LIMITS.lingerMs - 1, 5], [1, 5], [1, 5]], 10);
  deepEqual([long.file.code, long.taken, long.names], ["FIRMWARE_TOO_LARGE", 2, []]);
  const cut = await receive([[1, 11], new Error("reset")], 10);
  equal(cut.file.code, "FIRMWARE_TOO_LARGE", "the reason is the first one");
});

const FILES: readonly [what: string, bytes: Uint8Array, text: string][] = [
  ["PEM", new TextEncoder().encode("-----BEGIN X-----\r\n\tAA==\n"), "-----BEGIN X-----\r\n\tAA==\n"],
  ["DER", Uint8Array.of(0x30, 0x82, 1, 0), "MIIBAA=="],
  ["a byte past ASCII", Uint8Array.of(0x41, 0x7f), "QX8="],
  ["nothing", new Uint8Array(0), ""],
];
for (const [what, bytes, text] of FILES) {
  Deno.test(`receive file: ${what} beside the image is read as a text`, () => equal(textOfFile(bytes), text));
}

Deno.test("receive file: a folder that is away is said before a byte is read", async () => {
  const drop = new DropFolder({ folder: "/nowhere", imageBytes: 1, quotaBytes: 1 }, systemRandom),
    time = new ManualTime();
  const body = new ReadableStream({ pull: () => Promise.reject(new Error("it was read")) }, { highWaterMark: 0 });
  const incoming = { contentType: "", body, watch: { clock: time, timers: time } };
  await rejects(receiveFile(incoming, "a", drop), { code: "FIRMWARE_UPLOAD_FAILED" });
});
