import { strict as assert } from "node:assert";
import { createPkiRig, openPki, PKI_SITE, type PkiRig } from "../../tests/support/pki_rig.ts";
import type { ControlContext } from "../control/contract.ts";
import type { ListenerTrust } from "../core/control_api.ts";
import type { Mutation } from "../store/store.ts";
import { readCertificate } from "./certificate.ts";
import type { PkiFeature } from "./feature.ts";
import { readPem } from "./pem.ts";
import { checkIdentity } from "./server_identity.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LIFE_DAYS = 90;
const SITE = PKI_SITE.replace("version: 1", `version: 1\npki: { serverCertificateHours: ${LIFE_DAYS * 24} }`);
const LISTENERS = ["console", "ot"] as const;

const leafOf = (certPem: string) => readCertificate(readPem(certPem, "CERTIFICATE")[0]!);
const serialsOf = ({ identities }: ListenerTrust) => identities.map(({ certPem }) => leafOf(certPem).serial);

Deno.test("pki: over a year every certificate is renewed in time, each anew, and no listener is ever without", async () => {
  await using rig = await createPkiRig(SITE);
  const pki = await openPki(rig.context);
  await pki.sweep();
  const seen = new Map(LISTENERS.map((listener) => [listener, new Set(serialsOf(pki.trustOf(listener)))]));
  for (let hours = 0; hours < 365 * 24; hours += 24) {
    rig.time.jump(DAY_MS);
    await pki.sweep();
    for (const listener of LISTENERS) {
      const trust = pki.trustOf(listener);
      assert.deepEqual(trust.identities.map(({ keyType }) => keyType), ["ec", "rsa"]);
      for (const identity of trust.identities) {
        const [leaf] = checkIdentity(identity, rig.time.now());
        const left = leaf!.notAfter - rig.time.now();
        assert.ok(left >= LIFE_DAYS * DAY_MS / 3 - DAY_MS, `${listener} has ${left / DAY_MS} days left`);
        seen.get(listener)!.add(leaf!.serial);
      }
    }
  }
  await pki.stop!();
  for (const listener of LISTENERS) {
    const renewals = seen.get(listener)!.size / 2 - 1;
    assert.ok(renewals === 5 || renewals === 6, `${listener} was renewed ${renewals} times`);
    const told = rig.told.filter((each) => each.listener === listener);
    assert.equal(told.length, renewals + 1, "the Workers were told of each, and of RSA at the start");
    assert.equal(told.at(-1)!.trust, pki.trustOf(listener));
  }
  assert.deepEqual(rig.alarms.filter(({ cleared }) => !cleared), []);
});

/** The same control, whose commits fail as long as `isDown`. */
function withBrokenDisk(rig: PkiRig, disk: { isDown: boolean }): ControlContext {
  const store = {
    get: rig.store.get.bind(rig.store),
    list: rig.store.list.bind(rig.store),
    snapshot: rig.store.snapshot.bind(rig.store),
    close: () => Promise.resolve(),
    commit: (mutations: readonly Mutation[], checks?: Parameters<typeof rig.store.commit>[1]) =>
      disk.isDown ? Promise.reject(new Error("no space left")) : rig.store.commit(mutations, checks),
  };
  return { ...rig.context, store };
}

const STEPS: readonly {
  readonly name: string;
  readonly disk?: boolean;
  readonly workers?: boolean;
  readonly sweeps: boolean;
  /** Which certificate stands after the restart. */
  readonly after: "old" | "new";
}[] = [
  { name: "before anything was made", sweeps: false, after: "old" },
  { name: "after it was made and before it was kept", disk: true, sweeps: true, after: "old" },
  { name: "after it was kept and before a Worker took it", workers: true, sweeps: true, after: "new" },
  { name: "after all was told", sweeps: true, after: "new" },
];

async function renewHalfWay(rig: PkiRig, step: (typeof STEPS)[number]): Promise<{ old: string[]; current: string[] }> {
  const disk = { isDown: false };
  const pki = await openPki(withBrokenDisk(rig, disk));
  await pki.sweep();
  const old = serialsOf(pki.trustOf("ot"));
  rig.time.jump(LIFE_DAYS * DAY_MS * 0.7);
  disk.isDown = step.disk ?? false;
  rig.refuse = step.workers ?? false;
  if (step.sweeps) await pki.sweep();
  const current = serialsOf(pki.trustOf("ot"));
  disk.isDown = false;
  rig.refuse = false;
  await pki.stop!();
  return { old, current };
}

async function assertWhole(pki: PkiFeature, rig: PkiRig): Promise<string[]> {
  const trust = await pki.handlers!["trust.listener"]!({ listener: "ot" });
  assert.equal(trust, pki.trustOf("ot"), "what a starting Worker gets is what control holds");
  for (const identity of trust.identities) checkIdentity(identity, rig.time.now());
  return serialsOf(trust);
}

for (const step of STEPS) {
  Deno.test(`pki: a restart ${step.name} leaves a whole certificate, and the renewal ends`, async () => {
    await using rig = await createPkiRig(SITE);
    const { old, current } = await renewHalfWay(rig, step);
    const pki = await openPki(rig.context);
    const kept = await assertWhole(pki, rig);
    assert.deepEqual(kept, step.after === "old" ? old : current);
    if (step.after === "new") assert.ok(kept.every((serial) => !old.includes(serial)));
    await pki.sweep();
    const renewed = await assertWhole(pki, rig);
    assert.ok(renewed.every((serial) => !old.includes(serial)), "nothing of the old is left");
    if (step.after === "new") assert.deepEqual(renewed, kept, "and it was not made twice");
    await pki.stop!();
  });
}

Deno.test("pki: a disk that fails keeps the old certificate in force and tells nobody of one that would be lost", async () => {
  await using rig = await createPkiRig(SITE);
  const disk = { isDown: false };
  const pki = await openPki(withBrokenDisk(rig, disk));
  await pki.sweep();
  const before = pki.trustOf("ot");
  rig.told.splice(0);
  rig.time.jump(LIFE_DAYS * DAY_MS * 0.7);
  disk.isDown = true;
  await pki.sweep();
  assert.equal(pki.trustOf("ot"), before);
  assert.deepEqual(rig.told, []);
  disk.isDown = false;
  await pki.sweep();
  assert.notEqual(pki.trustOf("ot"), before);
  assert.deepEqual(rig.told.map(({ listener }) => listener).toSorted(), ["console", "ot"]);
  await pki.stop!();
});

Deno.test("pki: a box that was off past the end of its certificates starts with fresh ones", async () => {
  await using rig = await createPkiRig(SITE);
  const first = await openPki(rig.context);
  await first.sweep();
  const old = serialsOf(first.trustOf("ot"));
  await first.stop!();
  rig.time.jump((LIFE_DAYS + 1) * DAY_MS);
  const second = await openPki(rig.context);
  const fresh = await assertWhole(second, rig);
  assert.ok(fresh.every((serial) => !old.includes(serial)));
  await second.stop!();
});

Deno.test("pki: a clock that was set back keeps the certificates, another would end in the past for everybody else", async () => {
  await using rig = await createPkiRig(SITE);
  const first = await openPki(rig.context);
  await first.sweep();
  const before = serialsOf(first.trustOf("ot"));
  await first.stop!();
  rig.time.jump(-10 * 365 * DAY_MS);
  const second = await openPki(rig.context);
  await second.sweep();
  assert.deepEqual(serialsOf(second.trustOf("ot")), before);
  await second.stop!();
});
