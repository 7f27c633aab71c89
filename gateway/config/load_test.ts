import assert from "node:assert/strict";
import { ConfigError } from "../core/errors.ts";
import { CONFIG_LIMITS } from "./limits.ts";
import { Site } from "./schema.ts";
import { loadSite } from "./load.ts";
import { packMaterials, secretBytes } from "./materials.ts";
import { type ConfigReaders, readMaterials } from "./read_materials.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Readers over a map of absolute paths. */
function filesOf(files: Record<string, string | Uint8Array>): ConfigReaders {
  return {
    readFile: (path) => {
      const content = files[path];
      if (content === undefined) return Promise.reject(new Error("No such file"));
      return Promise.resolve(typeof content === "string" ? encode(content) : content);
    },
  };
}

async function faultsOf(text: string, files: Record<string, string> = {}): Promise<readonly string[]> {
  try {
    await loadSite("/etc/gw/site.yaml", filesOf({ ...files, "/etc/gw/site.yaml": text }));
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.code, "CFG_INVALID");
    return error.faults.map((fault) => fault.replaceAll("/etc/gw/", ""));
  }
}

const GOOD = `version: 1
site: { id: garage-12, dataDir: var }
stations:
  - { id: CP001, ocpp: { protocols: [ocpp1.6], securityProfile: 2, passwordFile: secrets/CP001, csms: main } }
ocpp:
  listeners: [{ listen: "127.0.0.1:8444", tls: { clientCaFile: /abs/ca.pem } }]
  csms: [{ id: main, url: "wss://csms.example/ocpp", caFile: certs/ca.pem }]
`;
const GOOD_FILES = {
  "/etc/gw/secrets/CP001": "0123456789abcdef\n",
  "/etc/gw/certs/ca.pem": "pem",
  "/abs/ca.pem": "pem",
};

const SECTIONS = Object.keys(Site.shape).join(", ");

Deno.test("config load: gives the site, absolute paths and the files it names", async () => {
  const readers = filesOf({ ...GOOD_FILES, "/etc/gw/site.yaml": GOOD });
  const { site, box, materials } = await loadSite("/etc/gw/site.yaml", readers);
  assert.equal(site.stations[0]?.ocpp?.validation, "observe");
  assert.deepEqual(box, { configFile: "/etc/gw/site.yaml", configDir: "/etc/gw", dataDir: "/etc/gw/var" });
  assert.deepEqual([...materials.keys()].sort(), ["/abs/ca.pem", "certs/ca.pem", "secrets/CP001"]);
  assert.equal(packMaterials(materials)["certs/ca.pem"], btoa("pem"));
});

Deno.test("config load: lists faults of text, schema, checks across keys and files in one pass, in file order", async () => {
  const faults = await faultsOf(`version: 1
site: { id: 012 }
site2: x
stations:
  - { id: CP001 }
  - { id: cp001, part: secondary }
console: { listen: "127.0.0.1:8443", hostnam: a.example }
ocpp:
  listeners: [{ listen: "0.0.0.0:8445", plaintext: isolated-segment }]
  csms: [{ id: main, url: "wss://csms.example/ocpp", caFile: certs/none.pem }]
notify: [{ webhook: "https://a.example/" }]
notify: [{ webhook: "https://a.example/", mailTo: a@example.com }]
`);
  assert.deepEqual(faults, [
    'site.yaml:2:13 site.id: 012 is the number 12, wanted text: write "012" in quotes',
    `site.yaml:3:1 site2: there is no such key here, wanted one of ${SECTIONS}; did you mean "site"?`,
    'site.yaml:6:11 stations[1].id: the id can be confused with "CP001" (case or encoding), wanted an id of its own',
    "site.yaml:6:24 stations[1].part: secondary without a unit, wanted the key unit, shared with the other parts",
    "site.yaml:7:1 console.hostname: is missing, wanted host name people type; the certificate is issued for it",
    "site.yaml:7:38 console.hostnam: there is no such key here, wanted one of listen, hostname, certificate, " +
    'devicePages; did you mean "hostname"?',
    "site.yaml:9:25 ocpp.listeners[0].listen: 0.0.0.0:8445 is every address of this box, and plaintext would leave the " +
    "OT zone, wanted an address of an OT zone or loopback (O-03)",
    'site.yaml:10:62 ocpp.csms[0].caFile: the file "certs/none.pem" cannot be read (No such file), wanted a file the ' +
    "gateway may read",
    "site.yaml:12:1 site.yaml: notify stands twice in the same map, wanted each key once",
    "site.yaml:12:10 notify[0]: has both webhook and mailTo, wanted webhook or mailTo",
    "site.yaml:12:43 notify[0].mailTo: needs smtpFile beside it, wanted smtpFile",
  ]);
});

for (
  const [name, text, wanted] of [
    ["an empty file", "", "site.yaml:1:1 site.yaml: has no value, wanted a map of keys"],
    ["a list", "- a\n", "site.yaml:1:1 site.yaml: a list is of the wrong kind, wanted a map of keys"],
    ["a missing version", "site: { id: a }\n", "site.yaml:1:1 version: is missing, wanted version of this file's form"],
    ["a broken bracket", "version: 1\nsite: { id: a\n", "site.yaml:3:1 site.yaml: this is not YAML"],
    [
      "a merge key",
      "version: 1\nsite: { id: a, <<: { x: 1 } }\n",
      'site.yaml:2:16 site."<<": there is no such key here',
    ],
    ["a number out of range", "version: 1\nsite: { id: a }\naudit: { retentionDays: 0 }\n", "wanted at least 1"],
    [
      "a list too short",
      "version: 1\nsite: { id: a }\nocpp: { listeners: [], csms: [] }\n",
      "has 0 entries, wanted at least 1 entry",
    ],
  ] as const
) {
  Deno.test(`config load: ${name} is said plainly`, async () => {
    const faults = await faultsOf(text);
    assert.ok(faults.some((fault) => fault.includes(wanted)), faults.join("\n"));
  });
}

Deno.test("config load: a value with user info is not repeated in the fault", async () => {
  const text = GOOD.replace("wss://csms.example/ocpp", "wss://user:hunter2@csms.example/");
  const faults = await faultsOf(text, GOOD_FILES);
  assert.equal(faults.length, 1);
  assert.ok(!faults[0]!.includes("hunter2"));
});

Deno.test("config load: a password that is too short is a fault without the password", async () => {
  for (const [bytes, wanted] of [[15, 1], [16, 0], [40, 0], [41, 1]] as const) {
    const faults = await faultsOf(GOOD, { ...GOOD_FILES, "/etc/gw/secrets/CP001": `${"q".repeat(bytes)}\n` });
    assert.equal(faults.length, wanted, faults.join("\n"));
    assert.ok(!faults.join().includes("qqq"));
  }
});

Deno.test("config load: a missing site.yaml says what to do", async () => {
  await assert.rejects(loadSite("/etc/gw/site.yaml", filesOf({})), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.code, "CFG_UNREADABLE");
    return error.hint?.includes("init DIR") ?? false;
  });
});

Deno.test("config load: text that is not UTF-8 is refused", async () => {
  const readers = filesOf({ "/etc/gw/site.yaml": new Uint8Array([0x61, 0x3a, 0xff]) });
  await assert.rejects(loadSite("/etc/gw/site.yaml", readers), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.faults[0] ?? "", /not UTF-8/);
    return true;
  });
});

Deno.test("config load: site.yaml is read at the size limit and refused one byte past it", async () => {
  const padded = (bytes: number) => GOOD + "#".repeat(bytes - GOOD.length);
  assert.deepEqual(await faultsOf(padded(CONFIG_LIMITS.siteFileBytes), GOOD_FILES), []);
  const faults = await faultsOf(padded(CONFIG_LIMITS.siteFileBytes + 1), GOOD_FILES);
  assert.deepEqual(faults, [`site.yaml:1:1 site.yaml: more than ${CONFIG_LIMITS.siteFileBytes} bytes`]);
});

Deno.test("config load: a named file is read at the size limit and refused one byte past it", async () => {
  const files = (bytes: number) => ({ ...GOOD_FILES, "/etc/gw/certs/ca.pem": "p".repeat(bytes) });
  assert.deepEqual(await faultsOf(GOOD, files(CONFIG_LIMITS.materialBytes)), []);
  const [fault] = await faultsOf(GOOD, files(CONFIG_LIMITS.materialBytes + 1));
  assert.ok(fault?.includes(`more than ${CONFIG_LIMITS.materialBytes} bytes`), fault ?? "no fault");
});

const references = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ path: ["stations", at], file: `s/${at}` }));

Deno.test("config load: files are read up to the limit of their number, and none one past it", async () => {
  let reads = 0;
  const readers = { readFile: () => Promise.resolve(new Uint8Array(++reads % 2)) };
  const good = await readMaterials(references(CONFIG_LIMITS.materials), "/etc/gw", readers);
  assert.equal(good.materials.size, CONFIG_LIMITS.materials);
  assert.deepEqual(good.faults, []);
  reads = 0;
  const bad = await readMaterials(references(CONFIG_LIMITS.materials + 1), "/etc/gw", readers);
  assert.equal(reads, 0);
  assert.equal(bad.faults[0]?.wrong, `names ${CONFIG_LIMITS.materials + 1} different files`);
});

Deno.test("config load: no more files at once than the limit, and each once", async () => {
  let open = 0, most = 0, reads = 0;
  const readers = {
    async readFile() {
      most = Math.max(most, ++open);
      reads++;
      await Promise.resolve();
      open--;
      return new Uint8Array(1);
    },
  };
  await readMaterials([...references(100), ...references(100)], "/etc/gw", readers);
  assert.equal(most, CONFIG_LIMITS.materialsAtOnce);
  assert.equal(reads, 100);
});

Deno.test("config load: more faults than the limit are counted, not listed", async () => {
  const stations = (count: number) => `version: 1\nsite: { id: a }\nstations: [${Array(count).fill("1").join(", ")}]\n`;
  assert.equal((await faultsOf(stations(CONFIG_LIMITS.faultsShown))).length, CONFIG_LIMITS.faultsShown);
  const faults = await faultsOf(stations(CONFIG_LIMITS.faultsShown + 1));
  assert.equal(faults.length, CONFIG_LIMITS.faultsShown + 1);
  assert.equal(faults.at(-1), "site.yaml: 1 more faults");
});

Deno.test("config load: a secret loses one line break at its end and nothing else", () => {
  const text = (value: string) => new TextDecoder().decode(secretBytes(encode(value)));
  assert.deepEqual(["a\n", "a\r\n", "a\n\n", "a ", "\n", "", "a\r"].map(text), ["a", "a", "a\n", "a ", "", "", "a\r"]);
});

Deno.test("quirks: an unknown name in site.yaml is a fault that says what was meant", async () => {
  const text = GOOD.replace("csms: main }", "csms: main, quirks: [no-defalte] }");
  const [fault, ...more] = await faultsOf(text, GOOD_FILES);
  assert.deepEqual(more, []);
  assert.match(fault!, /^site\.yaml:4:\d+ .*"no-defalte" is not allowed.*did you mean "?no-deflate/s);
});

Deno.test("config load: a key that is no name is told where it stands and what a name is", async () => {
  const answers = `{ "csms.example:1": 10.20.0.1, b.example: 10.20.0.300 }`;
  const text = `version: 1\nsite: { id: g }\ndns: { listen: "127.0.0.1:8053", answers: ${answers} }\n`;
  await assert.rejects(
    loadSite("site.yaml", { readFile: () => Promise.resolve(new TextEncoder().encode(text)) }),
    ({ faults }: { faults: readonly string[] }) => {
      assert.deepEqual(faults, [
        'site.yaml:3:45 dns.answers."csms.example:1": "csms.example:1" cannot be used, wanted a host name, as gw.garage-12.example',
        'site.yaml:3:85 dns.answers."b.example": "10.20.0.300" cannot be used, wanted an IP address, as 10.20.0.11',
      ]);
      return true;
    },
  );
});
