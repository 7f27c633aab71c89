import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stringify } from "yaml";
import { createRecoveryKey } from "../../gateway/control/backup/recovery_key.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { BenderPages } from "../../gateway/demo/controllers/bender.ts";
import { type SimRequest, startDevice } from "../../gateway/demo/controllers/simulated_device.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { openEscrow } from "../../gateway/vault/escrow_file.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { waitFor, withDeadline } from "../support/wait_for.ts";

interface Listed {
  readonly secrets: readonly { readonly subject: string; readonly state: string; readonly isCovered: boolean }[];
}

/** What a test gets of two Bender controllers, backups into a folder, and a gateway in front. */
interface TwoControllers {
  readonly gateway: () => GatewayProcess;
  readonly crash: () => Promise<void>;
  readonly halves: readonly BenderPages[];
  /** Called with every request to the second one before it answers. */
  readonly onSecond: { ask: (request: SimRequest) => void };
  readonly folder: string;
  readonly identity: string;
}

/** A double station of two controllers; with a group: two stations that have one operator's password together. */
async function withPair(test: (site: TwoControllers) => Promise<void>, group?: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-secrets-" });
  const halves = ["one", "two"].map(() => new BenderPages({ passwords: { operator: "right" }, dialects: ["v1"] }));
  const onSecond: { ask: (request: SimRequest) => void } = { ask: () => {} };
  const devices = [
    await startDevice(halves[0]!.pages),
    await startDevice((request) => (onSecond.ask(request), halves[1]!.pages(request))),
  ];
  const { identity, recipient } = await createRecoveryKey();
  const { console, tls: pages } = reservePorts();
  await Deno.writeTextFile(`${folder}/operator`, "right\n");
  await Deno.writeTextFile(`${folder}/recovery.pub`, `${recipient}\n`);
  const accounts = [{ role: "operator", passwordFile: "operator" }];
  const part = (id: string, name: string, url: string) => ({
    ...{ id, vendor: "bender", ...group === undefined ? { unit: "bay-07", part: name } : {} },
    ui: { url, driver: "bender", plaintext: "isolated-segment", accounts },
  });
  const configFile = `${folder}/site.yaml`;
  await Deno.writeTextFile(
    configFile,
    stringify({
      ...{ version: 1, site: { id: "garage" } },
      console: {
        ...{ listen: `127.0.0.1:${console}`, hostname: "localhost" },
        devicePages: { listen: `127.0.0.1:${pages}` },
      },
      ...group === undefined
        ? {}
        : { vault: { groups: [{ id: group, units: ["CP001", "CP002"], slots: ["operator"] }] } },
      backup: { recoveryKeyFile: "recovery.pub", targets: [{ folder: "off-the-box" }] },
      stations: [part("CP001", "primary", devices[0]!.origin), part("CP002", "secondary", devices[1]!.origin)],
    }),
  );
  const start = () => GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers });
  let gateway = await start();
  const crash = async () => {
    await gateway.kill();
    gateway = await start();
  };
  try {
    await test({ gateway: () => gateway, crash, halves, onSecond, folder, identity });
  } catch (error) {
    throw new Error(`${error}\n${gateway.logTail(20)}`, { cause: error });
  } finally {
    await gateway.stop();
    for (const device of devices) await device.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Waits until the one secret of the site has been changed everywhere. */
async function settled(gateway: GatewayProcess): Promise<Listed["secrets"][number]> {
  const rows = async () => ((await gateway.command("secret list")).data as unknown as Listed).secrets;
  await waitFor(
    "the secret to be settled",
    async () => (await rows()).some(({ state, isCovered }) => state === "settled" && isCovered),
    90_000,
    undefined,
    rows,
  );
  const [row, ...others] = await rows();
  deepEqual(others, []);
  return row!;
}

/** The new secret, as it stands in the copy outside of the box. */
async function copied(folder: string, identity: string): Promise<string> {
  const files = Array.from(Deno.readDirSync(`${folder}/off-the-box`), ({ name }) => name);
  match(files.join(" "), /^bulkhead-garage-\d{8}T\d{6}Z\.escrow\.age$/);
  const escrow = await openEscrow(await Deno.readTextFile(`${folder}/off-the-box/${files[0]}`), identity);
  return escrow.secrets.find(({ state }) => state === "next")!.text;
}

const takes = (half: BenderPages, password: string) => half.accounts.try("operator", (real) => real === password);

Deno.test("BC-02: secrets: two stations that share a password have it changed together, in their controllers and in the copy", () =>
  withPair(async ({ gateway, halves, folder, identity }) => {
    await gateway().command("secret rotate", { unit: "garage-operators", slot: "operator" });
    equal((await settled(gateway())).subject, "garage-operators");
    const next = await copied(folder, identity);
    deepEqual(halves.map((half) => [takes(half, "right") === "in", takes(half, next)]), [[false, "in"], [false, "in"]]);
  }, "garage-operators"));

Deno.test("secrets: a pair is changed together through kill -9 while its second half is told; the copy opens with the key", () =>
  withPair(async ({ gateway, crash, halves, onSecond, folder, identity }) => {
    const told = Promise.withResolvers<void>();
    onSecond.ask = ({ method, path }) => {
      if (method === "POST" && !path.includes("login")) told.resolve(); // the new password arrives
    };
    await gateway().command("secret rotate", { unit: "bay-07", slot: "operator" });
    await withDeadline("the second half to be told", told.promise);
    await crash();
    await settled(gateway());
    const next = await copied(folder, identity);
    deepEqual(halves.map((half) => takes(half, next)), ["in", "in"], "both halves have what the copy holds");
    const posture = await gateway().command("posture show", { subject: "CP001", all: true });
    const { findings } = posture.data as unknown as { findings: { line: string; outcome: string }[] };
    equal(findings.find(({ line }) => line === "BC-13")?.outcome, "met", "the copy is a way in");
    const finished = await gateway().command("station adoption finish", { station: "CP001", seen: "all four set" });
    equal(finished.text, "The adoption of CP001 is finished.");
    const lines = await waitFor("the record of the rotation's end", async () => {
      const { data } = await gateway().command("audit tail", { lines: "500" });
      const text = JSON.stringify(data);
      return /secret\.rotation\.ended/.test(text) && text;
    });
    ok(!lines.includes(next) && !lines.includes('right"'));
    ok(!gateway().logTail(1_000).includes(next), "nor in the log");
  }));
