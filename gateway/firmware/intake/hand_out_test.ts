import { deepEqual, equal, rejects } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { BlobReader, type FileEntry, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { CORE_LIMITS } from "../../core/limits.ts";
import { SealingWriter } from "../../core/sealed_file.ts";
import { handOut, type HandOutOrder } from "./hand_out.ts";

const PASSWORD = "k7m2p-9xq4r-h3t8w-z6c5d";

/** A sealed file in a folder of its own. */
async function withSealed(
  content: Uint8Array,
  test: (order: HandOutOrder, folders: { sealed: string; handOuts: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir(), key = randomBytes(32);
  try {
    using file = await Deno.open(`${folder}/ab12`, { write: true, create: true });
    const writer = new SealingWriter(key, (bytes) => void file.writeSync(bytes));
    writer.update(content);
    writer.finish();
    const order = {
      file: "ab12",
      key: key.toString("base64"),
      fileName: "diag.log",
      handOut: "cd34",
      password: PASSWORD,
    };
    await test(order, { sealed: folder, handOuts: `${folder}/out` });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function opened(path: string, password?: string): Promise<{ entry: FileEntry; content: Uint8Array }> {
  const zip = new ZipReader(new BlobReader(new Blob([await Deno.readFile(path)])), {
    useWebWorkers: false,
    ...password === undefined ? {} : { password },
  });
  const [entry] = await zip.getEntries() as FileEntry[];
  return { entry: entry!, content: await entry!.getData(new Uint8ArrayWriter()) };
}

for (const bytes of [0, 1, CORE_LIMITS.sealedPieceBytes, 3 * CORE_LIMITS.sealedPieceBytes + 7]) {
  Deno.test(`hand out: ${bytes} sealed bytes come out of an AES-256 ZIP with the password, and not without`, () => {
    const content = randomBytes(bytes);
    return withSealed(content, async (order, folders) => {
      const size = await handOut(order, folders), path = `${folders.handOuts}/cd34`;
      equal(size, (await Deno.stat(path)).size);
      const { entry, content: plain } = await opened(path, PASSWORD);
      deepEqual([entry.filename, entry.encrypted, entry.zipCrypto ?? false], ["diag.log", true, false]);
      deepEqual(Uint8Array.from(plain), Uint8Array.from(content));
      await rejects(opened(path, "another"), /password/i);
      await rejects(opened(path), /encrypted|password/i);
      deepEqual([...Deno.readDirSync(folders.handOuts)].map(({ name }) => name), ["cd34"]);
    });
  });
}

Deno.test("hand out: what a station calls its file is a name, never a way", () =>
  withSealed(randomBytes(9), async (order, folders) => {
    await handOut({ ...order, fileName: "../../etc/diag.log" }, folders);
    const { entry } = await opened(`${folders.handOuts}/cd34`, PASSWORD);
    equal(/[/\\]|\.\./.test(entry.filename), false, entry.filename);
  }));

Deno.test("hand out: no byte of the file stands in the ZIP as it is", () => {
  const content = new TextEncoder().encode("RFID 04:A2:2B:11 ".repeat(2_000));
  return withSealed(content, async (order, folders) => {
    await handOut(order, folders);
    const zip = new TextDecoder("latin1").decode(await Deno.readFile(`${folders.handOuts}/cd34`));
    equal(zip.includes("RFID"), false);
  });
});

const BROKEN: readonly [what: string, code: string, change: (order: HandOutOrder, sealed: string) => HandOutOrder][] = [
  ["another key", "UPLOAD_BROKEN", (order) => ({ ...order, key: randomBytes(32).toString("base64") })],
  ["a changed byte", "UPLOAD_BROKEN", (order, sealed) => {
    const bytes = Deno.readFileSync(`${sealed}/ab12`);
    bytes[40]! ^= 1;
    Deno.writeFileSync(`${sealed}/ab12`, bytes);
    return order;
  }],
  ["a cut end", "UPLOAD_BROKEN", (order, sealed) => {
    Deno.truncateSync(`${sealed}/ab12`, 70_000);
    return order;
  }],
  ["no file", "UPLOAD_FULL", (order) => ({ ...order, file: "ffff" })],
];
for (const [what, code, change] of BROKEN) {
  Deno.test(`hand out: ${what} is said, and no ZIP stays`, () =>
    withSealed(randomBytes(100_000), async (order, folders) => {
      await rejects(handOut(change(order, folders.sealed), folders), { code });
      deepEqual([...Deno.readDirSync(folders.handOuts)], []);
    }));
}

Deno.test("hand out: names of files are hex and nothing else", () =>
  withSealed(randomBytes(9), async (order, folders) => {
    for (const name of ["../ab12", "", "AB", "x".repeat(65)]) {
      await rejects(handOut({ ...order, file: name }, folders), /is no name of a file/);
      await rejects(handOut({ ...order, handOut: name }, folders), /is no name of a file/);
    }
  }));
