import { deepEqual, equal, match } from "node:assert/strict";
import { TestCa } from "../../tests/support/test_ca.ts";
import { tufKey, TufRepository } from "../../tests/support/tuf_repository.ts";
import { Site } from "../config/schema.ts";
import { checkFirmware } from "./check_firmware.ts";

const NOW = Date.UTC(2026, 10, 21);
const DAY = 86_400_000;
const MINISIGN = `untrusted comment: x\n${btoa("Ed" + "\0".repeat(40))}\n`;
const site = (more: Record<string, unknown> = {}) =>
  Site.parse({
    ...{ version: 1, site: { id: "g12" } },
    firmware: {
      rootFile: "root",
      vendors: [{ vendor: "bender", manufacturerRootsFile: "pem", minisignKeyFile: "mini" }],
      ...more,
    },
  });

function found(files: Record<string, string>, more: Record<string, unknown> = {}) {
  const repository = new TufRepository().publish();
  const all = { root: repository.pinned, pem: new TestCa("Bender").pem, mini: MINISIGN, ...files };
  const materials = new Map(Object.entries(all).map(([name, text]) => [name, new TextEncoder().encode(text)]));
  return checkFirmware(site(more), materials, NOW).map(({ level, key, text }) => `${level} ${key}: ${text}`);
}

Deno.test("check: the files that firmware is trusted by are right, or there are none", () => {
  deepEqual(found({}), []);
  deepEqual(checkFirmware(Site.parse({ version: 1, site: { id: "g12" } }), new Map(), NOW), []);
});

const ends = (days: number) => new TestCa("Bender", { notAfter: NOW + days * DAY }).pem;
const BAD: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ["a root that is no JSON", { root: "{" }, /^fault firmware.rootFile: The root cannot be read/],
  [
    "manufacturers' roots without a certificate",
    { pem: "" },
    /^fault firmware.vendors\[0\].manufacturerRootsFile: it holds no certificate/,
  ],
  ["manufacturers' roots that are cut off", { pem: "-----BEGIN CERTIFICATE-----\nQUJD" }, /^fault .*cut off/],
  ["a root that is no CA", { pem: new TestCa("Bender").issue({}).certPem }, /no X.509 v3 CA/],
  ["a root that has expired", { pem: ends(-1) }, /^fault .*expired on 2026-11-20: no image of it can be proved/],
  ["a root that expires soon", { pem: ends(29) }, /^warning .*expires on 2026-12-20/],
  [
    "a minisign key that is none",
    { mini: "hello" },
    /^fault firmware.vendors\[0\].minisignKeyFile: it holds no public key/,
  ],
];
for (const [name, files, wanted] of BAD) {
  Deno.test(`check: finds ${name}`, () => {
    const [first, ...more] = found(files);
    match(first ?? "nothing", wanted);
    equal(more.length, 0);
  });
}

Deno.test("check: a root of one key is right with the preset single-key alone; an unsigned one never", () => {
  const repository = new TufRepository();
  Object.assign(repository.root, { keys: [tufKey()], threshold: 1 });
  const root = repository.publish().pinned;
  match(found({ root })[0]!, /needs 1 of 1 keys: wanted 2 of 3/);
  deepEqual(found({ root }, { preset: "single-key" }), []);
  repository.root.signers = [tufKey()];
  match(
    found({ root: repository.publish().pinned }, { preset: "single-key" })[0]!,
    /not signed by as many of its keys/,
  );
});

Deno.test("check: a root that expires in a month or later needs nobody yet", () =>
  deepEqual(found({ pem: ends(31) }), []));
