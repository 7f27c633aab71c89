import { deepEqual, equal, match } from "node:assert/strict";
import { listenOnControlSocket } from "../control/control_socket.ts";
import { GatewayError } from "../core/errors.ts";
import { explainNotRunning, findOtherGateways, FOLDERS_LOOKED_AT } from "./other_gateways.ts";

/** A site's folder in which gateways answer on the given data folders. */
async function withGateways(names: readonly string[], run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "others-" });
  const open: { close(): Promise<void> }[] = [];
  try {
    for (const name of names) {
      await Deno.mkdir(`${folder}/${name}`);
      const answer = () => Promise.resolve({ text: "", data: {} });
      open.push(await listenOnControlSocket(`${folder}/${name}/control.sock`, answer));
    }
    await run(folder);
  } finally {
    for (const socket of open) await socket.close();
    await Deno.remove(folder, { recursive: true });
  }
}
const boxOf = (folder: string, dataDir = `${folder}/new`) => ({
  configFile: `${folder}/site.yaml`,
  configDir: folder,
  dataDir,
});
const away = new GatewayError("CTL_NOT_RUNNING", `No gateway answers on "x"`, { hint: "Start it" });

Deno.test("other gateways: one on the old data folder is found and named, with what to do", () =>
  withGateways(["data"], async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await Deno.mkdir(`${folder}/empty`);
    deepEqual(await findOtherGateways(boxOf(folder)), [`${folder}/data`]);
    const error = await explainNotRunning(away, boxOf(folder)) as GatewayError;
    equal(error.code, "CTL_NOT_RUNNING");
    match(
      error.message,
      /No gateway answers on "x": looked in the data folder that ".*site\.yaml" names in site\.dataDir/,
    );
    match(error.hint!, new RegExp(`A gateway answers on the data folder "${folder}/data"`));
  }));

Deno.test("other gateways: those beside a data folder elsewhere are found too; the own one is none", () =>
  withGateways(["a", "b"], async (folder) => {
    deepEqual(await findOtherGateways({ configDir: "/nonexistent", dataDir: `${folder}/a` }), [`${folder}/b`]);
  }));

Deno.test("other gateways: a socket that a killed gateway left is none, and the hint stays", () =>
  withGateways([], async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    Deno.listen({ transport: "unix", path: `${folder}/data/control.sock` }).close();
    deepEqual(await findOtherGateways(boxOf(folder)), []);
    equal((await explainNotRunning(away, boxOf(folder)) as GatewayError).hint, "Start it");
  }));

Deno.test("other gateways: other errors stay as they are", async () => {
  const other = new GatewayError("CTL_FAILED", "no");
  equal(await explainNotRunning(other, boxOf("/nonexistent")), other);
});

Deno.test("other gateways: the last folder looked at counts, one past it does not", () =>
  withGateways([], async (folder) => {
    for (const count of [FOLDERS_LOOKED_AT, FOLDERS_LOOKED_AT + 1]) {
      const all = Array.from({ length: count }, (_, at) => `${folder}/d${at}`);
      await Promise.all(all.map((path) => Deno.mkdir(path, { recursive: true })));
      const sockets = all.map((path) => Deno.listen({ transport: "unix", path: `${path}/control.sock` }));
      equal((await findOtherGateways(boxOf(folder))).length, FOLDERS_LOOKED_AT);
      for (const socket of sockets) socket.close();
      await Promise.all(all.map((path) => Deno.remove(path, { recursive: true })));
    }
  }));
