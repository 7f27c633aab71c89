import { deepStrictEqual as equal } from "node:assert/strict";
import { parse } from "yaml";
import { Site } from "../config/schema.ts";
import type { Box, SiteFiles } from "../core/conduit.ts";
import { SwitchesConfig } from "./config.ts";
import { SWITCH_LIMITS } from "./limits.ts";
import { switches } from "./mod.ts";

const BOX: Box = { configFile: "/s/site.yaml", configDir: "/s", dataDir: "/s/data" };
const FILES: SiteFiles = { bytes: (path) => new TextEncoder().encode(`${path} secret\n`), text: () => "" };
const site = (more: object) => Site.parse({ version: 1, site: { id: "g" }, ...more });
const V3 = { user: "reader", authPasswordFile: "a", privacyPasswordFile: "p" };

Deno.test("switches conduit: absent from the configuration it needs no Worker", () =>
  equal(switches.workers(site({}), BOX, FILES), []));

Deno.test("switches conduit: one UDP port of its own, and the switches; secrets without their line break", () => {
  const [spec, ...others] = switches.workers(
    site({
      switches: [
        { id: "a", address: "10.20.0.2", snmp: { ...V3, hash: "sha1" } },
        {
          id: "b",
          address: "10.20.0.3",
          port: 1161,
          readSeconds: 30,
          snmp: { communityFile: "c", plaintext: "isolated-segment" },
        },
      ],
    }),
    BOX,
    FILES,
  );
  equal(others, []);
  equal(spec!.permissions, { net: ["0.0.0.0:0", "10.20.0.2:161", "10.20.0.3:1161"] });
  equal(spec!.config, {
    switches: [
      {
        ...{ id: "a", address: "10.20.0.2", port: 161, readSeconds: 60 },
        security: { user: "reader", hash: "sha1", authPassword: "a secret", privacyPassword: "p secret" },
      },
      { ...{ id: "b", address: "10.20.0.3", port: 1161, readSeconds: 30 }, security: { community: "c secret" } },
    ],
  });
});

Deno.test("switches conduit: the example of the README is one", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(readme)!;
  equal(SwitchesConfig.safeParse(parse(yaml!).switches).error, undefined);
});

Deno.test("switches conduit: as many switches as a site may have, and one more; periods at their bounds", () => {
  const many = (count: number) =>
    SwitchesConfig.safeParse(
      Array.from({ length: count }, (_, at) => ({ id: `s${at}`, address: "10.0.0.1", snmp: V3 })),
    );
  equal([many(SWITCH_LIMITS.switches).success, many(SWITCH_LIMITS.switches + 1).success, many(0).success], [
    true,
    false,
    false,
  ]);
  for (const [seconds, isGood] of [[14, false], [15, true], [3_600, true], [3_601, false]] as const) {
    equal(SwitchesConfig.safeParse([{ id: "s", address: "10.0.0.1", snmp: V3, readSeconds: seconds }]).success, isGood);
  }
  equal(SwitchesConfig.safeParse([{ id: "s", address: "fe80::1", snmp: V3 }]).success, false);
  equal(SwitchesConfig.safeParse([{ id: "s", address: "switch.example", snmp: V3 }]).success, false);
});
