import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { Site } from "../config/schema.ts";
import type { AuditEvent } from "../core/control_api.ts";
import { UpstreamError } from "../core/errors.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import { systemRandom } from "../core/timers.ts";
import type { SecretGate } from "../people/secret_gate.ts";
import { createSealer } from "../store/sealer.ts";
import { openStore } from "../store/kv_store.ts";
import { openEscrow } from "../vault/escrow_file.ts";
import type { VaultFeature } from "../vault/feature.ts";
import { FakeControllers } from "../vault/testing/fake_controllers.ts";
import { createRecoveryKey } from "./backup/recovery_key.ts";
import type { ControlContext } from "./contract.ts";
import { createVault } from "./vault_parts.ts";

const STATION = {
  id: "CP001",
  ui: {
    ...{ url: "https://10.0.0.1", driver: "bender" },
    accounts: [{ role: "operator", passwordFile: "operator" }],
  },
};

interface Parts {
  readonly vault: VaultFeature;
  readonly folder: string;
  readonly identities: readonly string[];
  /** Files that the courier was to bring away; it fails while this says so. */
  readonly sent: string[];
  readonly alarms: Map<string, string>;
  readonly audited: AuditEvent[];
  readonly devices: FakeControllers;
  isAway: boolean;
  tell(event: Partial<AuditEvent>): void;
}

/** The vault as control wires it, on a store in memory and a folder of its own. */
async function withVault(site: object, test: (parts: Parts) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-vault-" }), time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  const keys = [await createRecoveryKey(), await createRecoveryKey()];
  const files: Record<string, string> = { operator: "old\n", "a.pub": keys[0]!.recipient, "b.pub": keys[1]!.recipient };
  const devices = new FakeControllers(), alarms = new Map<string, string>(), sent: string[] = [];
  const audited: AuditEvent[] = [];
  devices.add("CP001", { operator: "old" });
  let listener: (event: AuditEvent) => void = () => {};
  const parts = {
    folder,
    sent,
    alarms,
    audited,
    devices,
    identities: keys.map(({ identity }) => identity),
    isAway: false,
  } as unknown as Parts;
  const context = {
    site: Site.parse({ version: 1, site: { id: "lab" }, stations: [STATION], ...site }),
    box: { dataDir: `${folder}/data`, configDir: folder },
    ...{ clock: time, timers: time, random: systemRandom, log: nullLogger, metrics: nullMetrics, store },
    sealer: await createSealer(new Uint8Array(32), store),
    audit: { record: (event: AuditEvent) => (audited.push(event), Promise.resolve(void listener(event))) },
    alarms: {
      raise: ({ kind, detail = "" }: { kind: string; detail?: string }) =>
        Promise.resolve(void alarms.set(kind, detail)),
      clear: (kind: string) => Promise.resolve(void alarms.delete(kind)),
    },
    files: { text: (path: string) => files[path]!, bytes: (path: string) => new TextEncoder().encode(files[path]) },
    workers: {
      get: () => ({
        call: async (_: string, { file, sink }: { file: string; sink: string }) => {
          if (parts.isAway) throw new UpstreamError("DELIVERY_REFUSED", "no route to host");
          sent.push(sink, await Deno.readTextFile(file));
        },
      }),
    },
  } as unknown as ControlContext;
  const vault = await createVault({
    ...{ context, devices, gate: undefined as unknown as SecretGate, stations: () => context.site.stations },
    audit: { onRecord: (heard) => (listener = (event) => heard(event, 1), () => void (listener = () => {})) },
    forgive: () => Promise.resolve(),
  });
  try {
    await test(Object.assign(parts, { vault, tell: (event: Partial<AuditEvent>) => listener(event as AuditEvent) }));
  } finally {
    await vault.stop!();
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function rotate({ vault }: Parts): Promise<void> {
  await vault.commands!["secret rotate"]!({ unit: "CP001", slot: "operator" }, "eva");
  await vault.vault.tick();
}

const password = ({ devices }: Parts) => devices.of("CP001").passwords.get("operator")!;

Deno.test("vault parts: copies go to every target of backups, for the recovery key where no other is named", () =>
  withVault({
    backup: { recoveryKeyFile: "a.pub", targets: [{ folder: "nas" }, { sftp: "backup.example:/g", keyFile: "key" }] },
  }, async (parts) => {
    await rotate(parts);
    ok(password(parts) !== "old", "changed from the password of its file");
    const [name] = Array.from(Deno.readDirSync(`${parts.folder}/nas`), (entry) => entry.name);
    match(name!, /^bulkhead-lab-20260101T000000Z\.escrow\.age$/);
    const text = await Deno.readTextFile(`${parts.folder}/nas/${name}`);
    deepEqual(parts.sent, ["backup.example:/g", text]);
    const { secrets } = await openEscrow(text, parts.identities[0]!);
    deepEqual(secrets.map((secret) => secret.text), ["old", password(parts)]);
    deepEqual([...Deno.readDirSync(`${parts.folder}/data/backup`)], [], "nothing stays behind");
    equal(parts.vault.vault.escrow.acked!.ackedBy, "nas, backup.example:/g");
  }));

Deno.test("vault parts: one target is enough; without any the controller is left alone and the alarm names each", () =>
  withVault(
    { backup: { recoveryKeyFile: "a.pub", targets: [{ sftp: "backup.example:/g", keyFile: "key" }] } },
    async (parts) => {
      parts.isAway = true;
      await rotate(parts);
      equal(password(parts), "old");
      match(parts.alarms.get("secret.escrow.waiting")!, /backup\.example:\/g: no route to host/);
    },
  ));

Deno.test("vault parts: named recipients take the place of the recovery key, and each opens the copy alone", () =>
  withVault({
    backup: { recoveryKeyFile: "a.pub", targets: [{ folder: "nas" }] },
    vault: { escrow: { recipients: [{ recipientFile: "b.pub" }], deliver: "by-hand" } },
  }, async (parts) => {
    await rotate(parts);
    equal(password(parts), "old", "people carry it");
    match(parts.alarms.get("secret.escrow.waiting")!, /secret escrow FILE/);
    const { data } = await parts.vault.commands!["secret escrow"]!({}, "eva");
    const { file } = data as { file: string };
    equal((await openEscrow(file, parts.identities[1]!)).secrets.length, 2);
    await openEscrow(file, parts.identities[0]!).then(() => ok(false, "the recovery key is none of them"), () => {});
  }));

Deno.test("vault parts: who is removed takes what they knew along: it is changed", () =>
  withVault({ vault: { escrow: { waived: "secrets-exist-only-on-this-box" } } }, async (parts) => {
    await rotate(parts);
    const before = password(parts), { vault } = parts.vault;
    await vault.used("CP001", "operator", "anna");
    parts.tell({ event: "people.account.removed", target: "bert" });
    parts.tell({ event: "people.account.added", target: "anna" });
    await vault.tick();
    equal(password(parts), before);
    parts.tell({ event: "people.account.removed", target: "anna" });
    await waitFor("it to be due", () => vault.book.get("CP001", "operator")!.due?.reason === "left");
    await vault.tick();
    ok(password(parts) !== before);
  }));

Deno.test("vault parts: BC-07: a controller that refuses the old and the new secret is recorded as drifted, without either", () =>
  withVault({
    backup: { recoveryKeyFile: "a.pub", targets: [{ folder: "nas" }] },
  }, async (parts) => {
    parts.devices.of("CP001").reset();
    await rotate(parts);
    await parts.vault.vault.tick();
    const drifted = parts.audited.filter(({ event }) => event === "secret.value.drifted");
    deepEqual(drifted.map(({ who, target, outcome, detail }) => [who, target, outcome, detail]), [
      ["rotation", "CP001", "failed", { slot: "operator" }],
    ]);
  }));
