import { deepEqual, match } from "node:assert/strict";
import { parse } from "yaml";
import { FIRMWARE_IMAGE_RULES } from "./rules_firmware_images.ts";
import { Site } from "./schema.ts";

function faults(yaml: string): string[] {
  const site = Site.parse(parse(`version: 1\nsite: { id: garage }\nfirmware: ${yaml}\n`));
  return FIRMWARE_IMAGE_RULES.flatMap((rule) => rule.check(site, new Map())).map(({ path, wrong, wanted }) =>
    `${path.join(".")}: ${wrong}: ${wanted}`
  );
}

const GOOD = [
  "{}",
  "{ rootFile: r.json, vendors: [{ vendor: bender }], sources: [{ id: hq, url: 'https://hq.example/' }] }",
  "{ vendors: [{ vendor: bender, manufacturerRootsFile: r.pem }] }",
  "{ vendors: [{ vendor: bender, onUnverified: hold }] }",
  "{ vendors: [{ vendor: bender, evidence: [minisign], minisignKeyFile: m.pub }] }",
  "{ vendors: [{ vendor: bender, evidence: [vendor-sha256 + two-person] }] }",
  "{ fetchHosts: [{ host: a.example, schemes: [sftp], hostKey: 'SHA256:" + "A".repeat(43) + "' }] }",
];
for (const yaml of GOOD) Deno.test(`firmware rules: takes ${yaml}`, () => deepEqual(faults(yaml), []));

const BAD: readonly (readonly [string, RegExp])[] = [
  [
    "{ rootFile: r, vendors: [{ vendor: bender }, { vendor: Bender }] }",
    /vendors.1.vendor: the vendor has a profile already, vendors\[0\]/,
  ],
  ["{ vendors: [{ vendor: bender }] }", /no image can ever be proved.*onUnverified: hold/],
  [
    "{ vendors: [{ vendor: bender, evidence: [tuf] }] }",
    /every set asks for tuf, which cannot be checked: firmware.rootFile/,
  ],
  ["{ vendors: [{ vendor: bender, evidence: [minisign] }] }", /every set asks for minisign.*minisignKeyFile/],
  [
    "{ rootFile: r, vendors: [{ vendor: bender, evidence: [tuf + ocpp-signature] }] }",
    /ocpp-signature.*manufacturerRootsFile/,
  ],
  [
    "{ sources: [{ id: hq, url: 'https://hq.example/' }] }",
    /no root that they could be believed by: firmware.rootFile/,
  ],
  [
    "{ rootFile: r, sources: [{ id: hq, url: 'https://a.example/' }, { id: HQ, url: 'https://b.example/' }] }",
    /sources.1.id: the id is taken by sources\[0\]/,
  ],
  ["{ fetchHosts: [{ host: a.example }, { host: A.example }] }", /the host is named already, fetchHosts\[0\]/],
  [
    "{ fetchHosts: [{ host: a.example, schemes: [https, sftp] }] }",
    /sftp without the key of its host: hostKey: .*ssh-keyscan a.example/,
  ],
];
for (const [yaml, wanted] of BAD) {
  Deno.test(`firmware rules: refuses ${yaml}`, () => {
    const found = faults(yaml);
    deepEqual(found.length, 1, found.join("\n"));
    match(found[0]!, wanted);
  });
}
