import { deepEqual, equal, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { dataFolders } from "../core/data_folders.ts";
import { GatewayError } from "../core/errors.ts";
import { runFirmwareExport } from "./firmware_export.ts";

const IMAGE = new TextEncoder().encode("image ".repeat(400_000)); // more than one piece
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const told = { text: "told", data: { sha256: SHA256, fileName: "a.deb", sizeBytes: IMAGE.length } };

/** A site whose vault has the image. */
async function withSite(test: (folder: string, stored: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/site.yaml`, "version: 1\nsite: { id: garage, dataDir: ./data }\n");
    const { verifiedImages } = dataFolders({ dataDir: `${folder}/data` });
    await Deno.mkdir(verifiedImages, { recursive: true });
    await Deno.writeFile(`${verifiedImages}/${SHA256}`, IMAGE);
    await test(folder, `${verifiedImages}/${SHA256}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("firmware export: the whole image is taken out of the vault, and stays there", () =>
  withSite(async (folder, stored) => {
    const asked: unknown[] = [], file = `${folder}/usb.deb`, config = `${folder}/site.yaml`;
    const { data, text } = await runFirmwareExport({ image: "ab12cd", file, config }, (command, sent) => {
      asked.push([command, sent]);
      return Promise.resolve(told);
    });
    deepEqual(asked, [["firmware export", { image: "ab12cd", config }]]);
    deepEqual([data, text.endsWith(`Written to ${file}`)], [{ ...told.data, file }, true]);
    equal(createHash("sha256").update(await Deno.readFile(file)).digest("hex"), SHA256);
    deepEqual([(await Deno.stat(file)).mode! & 0o777, (await Deno.stat(stored)).size], [0o600, IMAGE.length]);
  }));

Deno.test("firmware export: one that was changed under way, or is refused, leaves no file; an existing one is not written over", () =>
  withSite(async (folder, stored) => {
    const config = `${folder}/site.yaml`, file = `${folder}/usb.deb`;
    const refuse = () => Promise.reject(new GatewayError("FIRMWARE_REFUSED", "it is held"));
    await rejects(runFirmwareExport({ image: "ab12cd", file, config }, refuse), { code: "FIRMWARE_REFUSED" });
    await Deno.writeFile(stored, IMAGE.subarray(1));
    await rejects(runFirmwareExport({ image: "ab12cd", file, config }, () => Promise.resolve(told)), {
      code: "FIRMWARE_CHANGED",
    });
    await rejects(Deno.stat(file), Deno.errors.NotFound);
    await Deno.writeTextFile(file, "old");
    const never = () => Promise.reject(new Error("the gateway was asked"));
    await rejects(runFirmwareExport({ image: "ab12cd", file, config }, never), { code: "CLI_USAGE" });
    await rejects(runFirmwareExport({ image: "ab12cd", config }, never), { code: "CLI_USAGE" });
    equal(await Deno.readTextFile(file), "old");
  }));
