import assert, { deepStrictEqual as equal } from "node:assert/strict";
import { ConfigError } from "../../core/errors.ts";
import { TestCa } from "../../../tests/support/test_ca.ts";
import { loadConcentrator } from "./load.ts";

const GOOD = `version: 1
listen: 0.0.0.0:8447
certificate: { certFile: own.pem, keyFile: own.key }
names: [dhcp.central.example]
clientCaFile: ca.pem
server: 10.50.0.2
address: 10.50.0.1
gateways:
  - { name: garage-12, subnets: [10.20.0.0/24, 10.21.0.0/24] }
`;

async function withFiles(yaml: string, test: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-concentrator-" });
  const ca = new TestCa();
  const { certPem, keyPem } = ca.server(["dhcp.central.example"]);
  const files = { "own.pem": certPem, "own.key": keyPem, "ca.pem": ca.pem + ca.pem, "concentrator.yaml": yaml };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
  try {
    await test(`${folder}/concentrator.yaml`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("concentrator config: gateways with their subnets, files by value", () =>
  withFiles(GOOD, async (file) => {
    const { config, self, gateways, clientCas } = await loadConcentrator(file);
    equal([config.port, self, clientCas.length], [67, 0x0a320001, 2]);
    equal(gateways.get("garage-12")?.subnets[1], { from: 0x0a150000, to: 0x0a1500ff });
  }));

for (
  const [name, from, to, wanted] of [
    [
      "a gateway that stands twice",
      "\n",
      "\n  - { name: garage-12, subnets: [10.22.0.0/24] }\n",
      /"garage-12" stands twice/,
    ],
    ["an IPv6 subnet", "10.21.0.0/24", '"fe80::/64"', /"fe80::\/64" is no IPv4 network/],
    ["an unknown key", "version: 1", "version: 1\nservers: []", /servers/],
    ["no gateway", /gateways:[\s\S]*/, "gateways: []\n", /gateways/],
    ["an IPv6 address", "address: 10.50.0.1", 'address: "fe80::1"', /is no IPv4 address/],
    ["a text that is no YAML", "version: 1", "version: [", /concentrator\.yaml/],
  ] as const
) {
  Deno.test(`concentrator config: ${name} is refused with its place`, () => {
    const yaml = typeof from === "string" && from === "\n" ? GOOD.trimEnd() + to : GOOD.replace(from, to);
    return withFiles(yaml, async (file) => {
      await assert.rejects(loadConcentrator(file), (error) => {
        return error instanceof ConfigError && error.code === "CFG_INVALID" && wanted.test(error.message);
      });
    });
  });
}

Deno.test("concentrator config: a file that is missing is named", () =>
  withFiles(GOOD.replace("ca.pem", "nowhere.pem"), async (file) => {
    await assert.rejects(loadConcentrator(file), (error) => {
      return error instanceof ConfigError && error.code === "CFG_UNREADABLE" && /nowhere\.pem/.test(error.message);
    });
  }));
