import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { systemRandom } from "../../core/timers.ts";
import { CONSOLE_LIMITS } from "../limits.ts";
import { DropFolder } from "./drop_folder.ts";

const bytes = (count: number) => new Uint8Array(count).fill(7);

/** A drop folder for images of 10 and bundles of 25 bytes. */
async function withDrop(test: (drop: DropFolder, folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(new DropFolder({ folder, imageBytes: 10, quotaBytes: 25 }, systemRandom), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("drop folder: a file stands under its name when it is whole, and not before", () =>
  withDrop(async (drop, folder) => {
    const place = await drop.reserve();
    equal(place.hasFile, false);
    place.begin("ebee.deb");
    place.write(bytes(4));
    equal(place.hasFile, true);
    match(names(folder).join(), /^[0-9a-f]{32}\.part$/);
    place.write(bytes(6));
    const { upload, ...file } = place.finish();
    deepEqual(file, { fileName: "ebee.deb", sizeBytes: 10 });
    deepEqual(names(folder), [upload]);
    deepEqual(await Deno.readFile(`${folder}/${upload}`), bytes(10));
    equal((await Deno.stat(`${folder}/${upload}`)).mode! & 0o777, 0o600);
    place.abandon(); // after the end it does nothing
    deepEqual(names(folder), [upload]);
  }));

Deno.test("drop folder: a name is a name, never a way", () =>
  withDrop(async (drop) => {
    for (
      const [given, kept] of [["../../etc/passwd", "passwd"], ["C:\\Users\\a.deb", "a.deb"], [
        "x".repeat(500),
        "x".repeat(CONSOLE_LIMITS.fileNameChars),
      ]]
    ) {
      const place = await drop.reserve();
      place.begin(given!);
      equal(place.finish().fileName, kept);
    }
  }));

const TOO_MUCH: readonly [what: string, name: string, count: number, code: string][] = [
  ["an image of one byte too many", "a.deb", 11, "FIRMWARE_TOO_LARGE"],
  ["a ZIP of one byte too many", "a.zip", 11, "FIRMWARE_TOO_LARGE"],
  ["a bundle of one byte too many", "a.FWB", 26, "FIRMWARE_TOO_LARGE"],
];
for (const [what, name, count, code] of TOO_MUCH) {
  Deno.test(`drop folder: ${what} leaves nothing`, () =>
    withDrop(async (drop, folder) => {
      const place = await drop.reserve();
      place.begin(name);
      place.write(bytes(count - 1));
      throws(() => place.write(bytes(1)), { code });
      deepEqual(names(folder), []);
    }));
}

Deno.test("drop folder: all that waits together is within the quota", () =>
  withDrop(async (drop, folder) => {
    const first = await drop.reserve();
    first.begin("a.fwb");
    first.write(bytes(20));
    first.finish();
    const second = await drop.reserve();
    second.begin("b.deb");
    second.write(bytes(5));
    throws(() => second.write(bytes(1)), { code: "FIRMWARE_QUOTA" });
    equal(names(folder).length, 1);
  }));

Deno.test("drop folder: as many files as the limit wait, running ones too, and not one more", () =>
  withDrop(async (drop, folder) => {
    for (let at = 1; at < CONSOLE_LIMITS.uploadedFiles; at++) Deno.writeFileSync(`${folder}/${at}`, bytes(0));
    const last = await drop.reserve();
    await rejects(drop.reserve(), { code: "FIRMWARE_FULL" });
    last.begin("a.deb");
    await rejects(drop.reserve(), { code: "FIRMWARE_FULL" }, "its part is not counted twice and not left out");
    last.abandon();
    (await drop.reserve()).abandon();
    deepEqual(names(folder).length, CONSOLE_LIMITS.uploadedFiles - 1);
  }));

Deno.test("drop folder: without its folder, or without the right to write, it says so and counts nothing", async () => {
  const gone = new DropFolder({ folder: "/nowhere/at/all", imageBytes: 1, quotaBytes: 1 }, systemRandom);
  for (let at = 0; at <= CONSOLE_LIMITS.uploadedFiles; at++) {
    await rejects(gone.reserve(), { code: "FIRMWARE_UPLOAD_FAILED" });
  }
  await withDrop(async (drop, folder) => {
    const place = await drop.reserve();
    await Deno.remove(folder);
    throws(() => place.begin("a.deb"), { code: "FIRMWARE_UPLOAD_FAILED" });
    place.abandon();
    await Deno.mkdir(folder);
  });
});

Deno.test("drop folder: a disk that takes no more leaves nothing and frees the place", async () => {
  // /dev/full takes no byte; a link stands in for the file's name
  await withDrop(async (drop, folder) => {
    const place = await drop.reserve(), open = Deno.openSync;
    try {
      Deno.openSync = ((path: string, options: Deno.OpenOptions) => {
        open(path, options).close();
        return open("/dev/full", { write: true });
      }) as typeof Deno.openSync;
      place.begin("a.deb");
    } finally {
      Deno.openSync = open;
    }
    throws(() => place.write(bytes(1)), { code: "FIRMWARE_UPLOAD_FAILED", message: /No space left/ });
    deepEqual(names(folder), []);
  });
});
