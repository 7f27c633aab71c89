import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { openSigner } from "../control/audit/signer.ts";
import { openStore } from "../store/kv_store.ts";
import { createSealer } from "../store/sealer.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { runDecommissionVerify } from "../cli/decommission_verify.ts";
import { certificateText, fileOf, signCertificate, verifyCertificate } from "./certificate.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import type { DecommissionRecord } from "./record.ts";
import { DECOMMISSION_SITE, DecommissionRig } from "./testing/decommission_rig.ts";

const BROKEN = { code: "DECOMMISSION_CERTIFICATE_BROKEN" };
const AT = Date.UTC(2026, 10, 21, 20);
const end = (note: string, state: "done" | "skipped" = "done") => ({ state, at: AT, by: "eva", note });

const RECORD: DecommissionRecord = {
  ...{
    number: 7,
    station: "CP001",
    reason: "sold",
    by: "eva",
    startedAt: AT,
    needsApprovals: 1,
    files: ["secrets/CP001"],
  },
  known: { id: "CP001", macs: ["02:00:00:00:00:01"], addresses: ["10.0.0.1"] },
  label: { vendor: "bender", model: "CC613", serial: "S-1" },
  approvals: [{ who: "olga", at: AT }],
  steps: {
    approve: end("olga"),
    drain: end("nothing charges"),
    clear: end("it was stolen", "skipped"),
    reset: end("seen"),
  },
  cleared: [
    { part: "cache", state: "cleared", answer: "Accepted", at: AT },
    { part: "list", state: "refused", answer: "Failed", at: AT },
  ],
  proof: { kind: "seen", person: "Anna Berg", note: "by its button", at: AT },
  live: {
    certificates: ["0a1b"],
    credential: true,
    secrets: 2,
    cards: 1,
    changed: [],
    sessions: 0,
    months: ["2026-11"],
  },
  erased: [
    { name: "vault.key", holds: "the key of its secrets", entries: 1, files: 0 },
    { name: "dns.denied", holds: "names that it was refused", entries: 0, files: 0 },
  ],
  search: { at: AT, left: [], pieces: 12, found: 0, scrubbed: true },
};

const parts = {
  context: { site: DECOMMISSION_SITE, clock: { now: () => AT } },
  kept: { ledger: "what was billed" },
} as never;

async function signed(certificate: string) {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    const { keyId, publicPem, sign } = await openSigner(store, await createSealer(new Uint8Array(32), store));
    const whole = await signCertificate(async (text) => ({ keyId, signature: await sign(text) }), certificate);
    return { file: fileOf(whole), publicPem };
  } finally {
    await store.close();
  }
}

Deno.test("erasure certificate: says what was erased, what was not, what is kept and which backups hold it still", () => {
  const files = Array.from(
    { length: DECOMMISSION_LIMITS.backups + 1 },
    (_, n) => ({ name: `b-${n}`, takenAt: AT - n }),
  );
  const text = certificateText(parts, RECORD, [{ place: "off-the-box", files }, {
    place: "sftp",
    why: "only it can list",
  }]);
  const { steps, atTheStation, backups, lookedAt, reset, ...rest } = JSON.parse(text);
  const at = "2026-11-21T20:00:00.000Z";
  deepEqual(rest, {
    ...{ document: "certificate of erasure", number: "dec-7", site: "garage-12", name: "Main Street" },
    station: { id: "CP001", vendor: "bender", model: "CC613", serial: "S-1" },
    ...{ reason: "sold", askedBy: "eva", askedAt: at, approvedBy: [{ who: "olga", at }], made: at },
    ended: RECORD.live,
    erased: [{ name: "vault.key", holds: "the key of its secrets", entries: 1, files: 0 }],
    search: { at, left: [], pieces: 12, found: 0, scrubbed: true },
    notDone: [
      { step: "clear", by: "eva", because: "it was stolen", at },
      { step: "clear list", because: "the station answered: Failed" },
    ],
    kept: { ledger: "what was billed" },
  });
  deepEqual(steps.map(({ step, state }: { step: string; state: string }) => `${step} ${state}`), [
    ...["approve done", "drain done", "clear skipped", "reset done"],
  ]);
  equal(atTheStation.length, 2);
  equal(reset.person, "Anna Berg");
  deepEqual(lookedAt.map(({ name }: { name: string }) => name), ["vault.key", "dns.denied"]);
  deepEqual([backups[0].files.length, backups[0].more, backups[1].why], [
    DECOMMISSION_LIMITS.backups,
    1,
    "only it can list",
  ]);
  equal(text.includes("02:00:00"), false, "nor does the certificate hold what it erased");
});

Deno.test("erasure certificate: a store elsewhere is not written anew, and the certificate says so", () => {
  const search = { ...RECORD.search!, scrubbed: false };
  const { notDone } = JSON.parse(certificateText(parts, { ...RECORD, search }, []));
  match(JSON.stringify(notDone.at(-1)), /store\.url/);
});

Deno.test("erasure certificate: what was signed is verified with the public key alone, and no byte of it can be another", async () => {
  const { file, publicPem } = await signed(certificateText(parts, RECORD, []));
  equal((await verifyCertificate(file, publicPem))["number"], "dec-7");
  equal((await verifyCertificate(file.replace(/\n$/, "\r\n"), publicPem))["number"], "dec-7"); // a mail's line end
  const bytes = new TextEncoder().encode(file);
  for (let at = 0; at < bytes.length; at += 7) {
    const changed = bytes.slice();
    changed[at]! ^= 0x01;
    const text = new TextDecoder().decode(changed);
    await rejects(verifyCertificate(text, publicPem), BROKEN, `byte ${at}`);
  }
});

const FORGED: readonly (readonly [string, (file: string) => string])[] = [
  ["no JSON", () => "{"],
  ["nothing", () => "null"],
  ["another form", (file) => file.replace("bulkhead-erasure-1", "bulkhead-erasure-2")],
  ["a part missing", (file) => JSON.stringify({ ...JSON.parse(file), keyId: undefined })],
  ["a part of another kind", (file) => JSON.stringify({ ...JSON.parse(file), signature: 1 })],
  ["a part beside it", (file) => JSON.stringify({ ...JSON.parse(file), also: 1 }, null, 2) + "\n"],
  ["other spaces", (file) => JSON.stringify(JSON.parse(file)) + "\n"],
  ["another key's name", (file) => file.replace(/"keyId": "[0-9a-f]{16}"/, `"keyId": "${"0".repeat(16)}"`)],
  ["too large", (file) => file + " ".repeat(DECOMMISSION_LIMITS.certificateBytes)],
];

for (const [name, forge] of FORGED) {
  Deno.test(`erasure certificate: ${name} is not genuine`, async () => {
    const { file, publicPem } = await signed(certificateText(parts, RECORD, []));
    await rejects(verifyCertificate(forge(file), publicPem), BROKEN);
  });
}

Deno.test("erasure certificate: another site's key proves nothing, a text that is no key is said", async () => {
  const { file } = await signed(certificateText(parts, RECORD, []));
  const { publicPem } = await signed("other");
  await rejects(verifyCertificate(file, publicPem), BROKEN);
  await rejects(verifyCertificate(file, "no key"), { code: "AUDIT_KEY_INVALID" });
});

Deno.test("decommission verify: tells a person what was erased and what was not; wants a file and a key", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { file, publicPem } = await signed(certificateText(parts, RECORD, [{ place: "off-the-box", files: [] }]));
    await Deno.writeTextFile(`${folder}/c.json`, file);
    await Deno.writeTextFile(`${folder}/k.pem`, publicPem);
    const { text } = await runDecommissionVerify({ file: `${folder}/c.json`, key: `${folder}/k.pem` });
    match(text, /^Genuine: certificate of erasure dec-7, station CP001 of site garage-12, made 2026-11-21T20:00:00/);
    match(text, /Erased: 1 entries and files in 1 places/);
    match(text, /Not done: clear, because it was stolen/);
    match(text, /A backup may still hold it: off-the-box \(0 files\)/);
    await rejects(runDecommissionVerify({ file: `${folder}/c.json` }), {
      code: "CLI_USAGE",
      message: /--key is missing/,
    });
    await rejects(runDecommissionVerify({ key: "k" }), { code: "CLI_USAGE", message: /FILE is missing/ });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("erasure certificate: the one of a real run is signed and verified", async () => {
  await using rig = await DecommissionRig.up();
  await rig.upTo("erase");
  await rig.renewed();
  const { data, text } = await rig.run("decommission certificate", { name: "CP001" });
  const { file } = data as { readonly file: string };
  equal(text, file);
  const signer = await openSigner(rig.store, await createSealer(new Uint8Array(32).fill(3), rig.store));
  equal((await verifyCertificate(file, signer.publicPem))["number"], "dec-1");
});
