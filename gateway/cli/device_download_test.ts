import { deepEqual, equal, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import { runDeviceDownload, runDeviceFile } from "./device_download.ts";

/** A gateway that has one file and hands it out in pieces of `size`. */
function gateway(content: string, size: number) {
  const asked: [string, CommandArgs][] = [];
  const run = (command: string, args: CommandArgs): Promise<CommandResult> => {
    asked.push([command, args]);
    if (command === "device download") return Promise.resolve({ text: "kept", data: { id: "4f0c" } });
    const from = Number(args["from"] ?? 0), bytes = new TextEncoder().encode(content);
    const piece = Buffer.from(bytes.subarray(from, from + size)).toString("base64");
    return Promise.resolve({ text: "piece", data: { id: "4f0c", fileName: "logs.zip", bytes: bytes.length, piece } });
  };
  return { run, asked };
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [content, size] of [["", 4], ["abc", 4], ["abcd", 4], ["abcdefghi", 4]] as const) {
  Deno.test(`device file: ${content.length} bytes in pieces of ${size} are written whole, for their owner alone`, () =>
    inFolder(async (folder) => {
      const { run } = gateway(content, size), file = `${folder}/out`;
      const { data } = await runDeviceFile({ id: "4f0c", file }, run);
      equal(await Deno.readTextFile(file), content);
      equal((await Deno.stat(file)).mode! & 0o777, 0o600);
      deepEqual(data, { id: "4f0c", fileName: "logs.zip", bytes: content.length, file });
    }));
}

Deno.test("device download: with a file it is fetched and taken out, without one only kept", () =>
  inFolder(async (folder) => {
    const { run, asked } = gateway("abc", 9);
    const common = { station: "CP001", what: "logs", config: "site.yaml", as: "mia" };
    equal((await runDeviceDownload(common, run) as CommandResult).text, "kept");
    await runDeviceDownload({ ...common, file: `${folder}/out` }, run);
    deepEqual(asked.map(([command]) => command), ["device download", "device download", "device file"]);
    deepEqual(asked[2]![1], { id: "4f0c", config: "site.yaml", as: "mia", from: "0" });
  }));

Deno.test("device file: an existing file is never written over, and nothing is asked for it", () =>
  inFolder(async (folder) => {
    const { run, asked } = gateway("abc", 9), file = `${folder}/out`;
    await Deno.writeTextFile(file, "mine");
    await rejects(runDeviceFile({ id: "4f0c", file }, run), Deno.errors.AlreadyExists);
    deepEqual([await Deno.readTextFile(file), asked.length], ["mine", 0]);
  }));

Deno.test("device file: without a file the gateway's own answer is shown", async () => {
  const { run } = gateway("abc", 9);
  equal((await runDeviceFile({ id: "4f0c" }, run)).text, "piece");
});
