import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { storePath } from "../control/data_paths.ts";
import { readSegmentLines } from "../control/audit/verify_command.ts";
import type { SiteRecord } from "../decommission/site/record.ts";
import { approvalMs, SITE_RECORD_KEY } from "../decommission/site/site_decommission.ts";
import { openStore } from "../store/kv_store.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { runDecommissionVerify } from "./decommission_verify.ts";
import { runEraseGateway } from "./erase_gateway.ts";

const REFUSED = { code: "DECOMMISSION_REFUSED" };

/** A stopped gateway's folder with a record as its control would have stored it; undefined: nothing was begun. */
async function stopped(
  record: ((now: number) => Partial<SiteRecord>) | undefined,
  test: (
    at: { readonly folder: string; readonly erase: (more?: Record<string, string | boolean>) => Promise<unknown> },
  ) => Promise<
    void
  >,
  site = "site: { id: garage }",
): Promise<void> {
  const folder = await Deno.makeTempDir(), dataDir = `${folder}/data`, now = Date.now();
  await Deno.writeTextFile(`${folder}/site.yaml`, `version: 1\n${site}\n`);
  await Deno.writeTextFile(`${folder}/token`, "a-token-of-the-metrics");
  await Deno.mkdir(`${dataDir}/store`, { recursive: true });
  const time = new ManualTime(), store = await openStore({ path: storePath({ dataDir }), clock: time, timers: time });
  if (record) await store.commit([{ set: SITE_RECORD_KEY, value: { ...RELEASED(now), ...record(now) } }]);
  await store.close();
  const erase = (more: Record<string, string | boolean> = {}) =>
    runEraseGateway({
      config: `${folder}/site.yaml`,
      site: "garage",
      certificate: `${folder}/erased.json`,
      as: "paul",
      ...more,
    });
  try {
    await test({ folder, erase });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const RELEASED = (now: number): SiteRecord => ({
  ...{ site: "garage", reason: "closed", by: "eva", startedAt: now - 60_000, startedSeq: 0, needsApprovals: 1 },
  ...{ skipped: {}, told: {}, approvals: [{ who: "olga", at: now - 1_000 }] },
  exported: { head: { seq: 0, hash: "0".repeat(64) }, backup: { none: "no" }, by: "eva", at: now - 2_000 },
  ended: { certificates: [], grants: 0, tokens: 0, ways: 0 },
});

/** Rules of the refusals in the chain. */
async function rules(folder: string): Promise<string[]> {
  const lines = await Array.fromAsync(readSegmentLines(`${folder}/data/audit`));
  return lines.flatMap(({ text = "{}" }) => {
    const { outcome, rule } = JSON.parse(text) as { outcome?: string; rule?: string };
    return outcome === "refused" ? [rule!] : [];
  });
}

const unreleased: readonly [name: string, record: Parameters<typeof stopped>[0]][] = [
  ["nothing was begun", undefined],
  ["nobody has approved", () => ({ approvals: [] })],
  ["the approval is over", (now) => ({ approvals: [{ who: "olga", at: now - approvalMs - 1_000 }] })],
  ["one of two has approved", () => ({ needsApprovals: 2 })],
  ["what the gateway gave out was not ended", () => ({ ended: undefined! })],
  ["nothing was exported", () => ({ exported: undefined! })],
];
for (const [name, record] of unreleased) {
  Deno.test(`gateway erase: refused, audited, and nothing goes: ${name}`, () =>
    stopped(record, async ({ folder, erase }) => {
      await rejects(erase(), REFUSED);
      deepEqual(await rules(folder), ["decommission.gateway.state"]);
      ok((await Deno.stat(storePath({ dataDir: `${folder}/data` }))).isFile);
      await rejects(Deno.lstat(`${folder}/erased.json`), Deno.errors.NotFound);
    }));
}

Deno.test("gateway erase: another site's id is refused and audited", () =>
  stopped(() => ({}), async ({ folder, erase }) => {
    await rejects(erase({ site: "garage-2" }), /"garage-2" is not the id of this site/);
    deepEqual(await rules(folder), ["decommission.gateway.site"]);
  }));

Deno.test("gateway erase: a certificate that would go with it, or take another file's place, is refused", () =>
  stopped(() => ({}), async ({ folder, erase }) => {
    const wrong = { code: "CLI_USAGE" };
    await rejects(erase({ certificate: `${folder}/data/erased.json` }), wrong);
    await rejects(erase({ certificate: `${folder}/site.yaml` }), wrong);
    await rejects(erase({ certificate: "" }), wrong);
    equal((await Deno.readTextFile(`${folder}/site.yaml`)).length > 0, true);
  }));

Deno.test("gateway erase: while somebody has the store nothing is erased", () =>
  stopped(() => ({}), async ({ folder, erase }) => {
    const time = new ManualTime(), path = storePath({ dataDir: `${folder}/data` });
    const store = await openStore({ path, clock: time, timers: time });
    await rejects(erase(), /This gateway runs/);
    await store.close();
    await erase();
  }));

Deno.test("gateway erase: a store elsewhere is not left behind in silence", () =>
  stopped(() => ({}), async ({ erase }) => {
    await rejects(erase(), /The store lies behind https:\/\/kv\.example/);
  }, "site: { id: garage }\nstore: { url: 'https://kv.example' }"));

Deno.test("gateway erase: released it goes; without --site-files the files of site.yaml stay, and the certificate says so", () =>
  stopped(() => ({}), async ({ folder, erase }) => {
    const { data } = await erase() as { readonly data: { readonly certificateFile: string } };
    deepEqual(await Array.fromAsync(Deno.readDir(`${folder}/data`)), []);
    equal(await Deno.readTextFile(`${folder}/token`), "a-token-of-the-metrics");
    const certificate = JSON.parse(await Deno.readTextFile(data.certificateFile)) as { certificate: string };
    const { audit, erasedBy, notDone } = JSON.parse(certificate.certificate) as {
      audit: { publicPem: string };
      erasedBy: string;
      notDone: readonly { step: string; because: string }[];
    };
    equal(erasedBy, "paul");
    match(notDone.find(({ step }) => step === "files")!.because, /token$/);
    await Deno.writeTextFile(`${folder}/audit-public.pem`, audit.publicPem);
    const file = data.certificateFile, key = `${folder}/audit-public.pem`;
    match(
      (await runDecommissionVerify({ file, key })).text,
      /^Genuine: certificate of erasure of a gateway, site garage/,
    );
    const tail = (await Deno.readTextFile(`${file}.audit.jsonl`)).trim().split("\n");
    ok(tail.some((line) => JSON.parse(line).event === "gateway.site.decommissioned"));
  }, "site: { id: garage }\nnotify: [{ webhook: 'https://ops.example/hook', tokenFile: token }]"));
