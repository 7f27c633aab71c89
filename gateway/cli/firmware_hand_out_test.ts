import { deepEqual, equal, rejects } from "node:assert/strict";
import { dataFolders } from "../core/data_folders.ts";
import { GatewayError } from "../core/errors.ts";
import { runFirmwareHandOut } from "./firmware_hand_out.ts";

/** A site whose gateway has made a ZIP, or refuses to. */
async function withSite(test: (folder: string, zip: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/site.yaml`, "version: 1\nsite: { id: garage, dataDir: ./data }\n");
    const { handOuts } = dataFolders({ dataDir: `${folder}/data` });
    await Deno.mkdir(handOuts, { recursive: true });
    await Deno.writeTextFile(`${handOuts}/ab12`, "the zip");
    await test(folder, `${handOuts}/ab12`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const made = { text: "made", data: { id: "ab12", bytes: 7 } };

Deno.test("firmware hand-out: the ZIP is taken out of the gateway's folder, readable by its owner alone", () =>
  withSite(async (folder, zip) => {
    const asked: unknown[] = [], file = `${folder}/diag.zip`;
    const args = { upload: "u1", file, config: `${folder}/site.yaml` };
    const { data } = await runFirmwareHandOut(args, (command, sent) => {
      asked.push([command, sent]);
      return Promise.resolve(made);
    });
    deepEqual(asked, [["firmware hand-out", { upload: "u1", config: args.config }]]);
    deepEqual(data, { id: "ab12", bytes: 7, file });
    equal(await Deno.readTextFile(file), "the zip");
    equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    await rejects(Deno.stat(zip), Deno.errors.NotFound);
  }));

Deno.test("firmware hand-out: an existing file, a folder that is not there and a missing --file are said before anything is made", () =>
  withSite(async (folder) => {
    const never = () => Promise.reject(new Error("the gateway was asked"));
    await Deno.writeTextFile(`${folder}/old.zip`, "old");
    for (const file of [`${folder}/old.zip`, `${folder}/no/such.zip`, undefined]) {
      const args = { upload: "u1", config: `${folder}/site.yaml`, ...file === undefined ? {} : { file } };
      await rejects(runFirmwareHandOut(args, never), { code: "CLI_USAGE" });
    }
    equal(await Deno.readTextFile(`${folder}/old.zip`), "old");
  }));

Deno.test("firmware hand-out: what the gateway refuses leaves no file", () =>
  withSite(async (folder) => {
    const file = `${folder}/diag.zip`,
      refuse = () => Promise.reject(new GatewayError("UPLOAD_UNKNOWN", "no such file"));
    await rejects(runFirmwareHandOut({ upload: "u1", file, config: `${folder}/site.yaml` }, refuse), {
      code: "UPLOAD_UNKNOWN",
    });
    await rejects(Deno.stat(file), Deno.errors.NotFound);
  }));
