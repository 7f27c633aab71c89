import assert from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { type BoxProbe, checkBox, type FileFacts } from "./check_box.ts";

interface FakeBox {
  readonly files?: Record<string, FileFacts>;
  readonly interfaces?: ReturnType<BoxProbe["interfaces"]>;
  readonly readOnly?: boolean;
  readonly denied?: readonly string[];
  readonly mtu?: number;
  readonly keyRefused?: string;
}

const DATA = { kind: "folder", mode: 0o700 } as const;

async function findings(changes: object, fake: FakeBox = {}, permissions: object = {}): Promise<string[]> {
  const files: Record<string, FileFacts> = { "/": DATA, "/etc/gw/data": DATA, ...fake.files };
  const probe: BoxProbe = {
    interfaces: () =>
      fake.interfaces ?? [{ name: "eth1", address: "10.20.0.1" }, { name: "eth1", address: "fe80::1%eth1" }],
    facts: (path) => Promise.resolve(files[path]),
    whyNotWritable: () => Promise.resolve(fake.readOnly ? "Read-only file system" : undefined),
    mtu: () => Promise.resolve(fake.mtu),
    whyKeyRefused: (folder) => Promise.resolve(fake.keyRefused && `${fake.keyRefused} in ${folder}`),
    granted: (permission) => Promise.resolve(!fake.denied?.includes(Object.values(permission).join(" "))),
  };
  const site = Site.parse({ version: 1, site: { id: "a" }, ...changes });
  const box = { configFile: "/etc/gw/site.yaml", configDir: "/etc/gw", dataDir: "/etc/gw/data" };
  const spec = { name: "ocpp-0", module: new URL("file:///w.ts"), permissions, config: null, after: [] };
  const found = await checkBox({ site, box, materials: new Map(), text: "" }, [spec], probe);
  return found.map(({ level, key, text }) => `${level}: ${key}: ${text}`);
}

const withSecret = {
  stations: [{ id: "A", ocpp: { protocols: ["ocpp1.6"], securityProfile: 2, csms: "m", passwordFile: "secrets/A" } }],
};
const secretOf = (mode: number): FakeBox => ({ files: { "/etc/gw/secrets/A": { kind: "file", mode } } });

Deno.test("check box: a good box has no finding", async () => {
  assert.deepEqual(
    await findings({ ...withSecret, console: { listen: "10.20.0.1:8443", hostname: "a" } }, secretOf(0o600)),
    [],
  );
});

Deno.test("check box: a secret that others may read or write is a fault, one for the group a warning", async () => {
  const key = "stations[0].ocpp.passwordFile";
  for (const mode of [0o604, 0o602, 0o644]) {
    const [found] = await findings(withSecret, secretOf(mode));
    assert.ok(found?.startsWith(`fault: ${key}: everybody on this box may use the secret "secrets/A"`), String(found));
  }
  assert.match((await findings(withSecret, secretOf(0o640))).join(), /^warning: .*the group of "secrets\/A".*0640/);
});

Deno.test("check box: a root key that run would refuse is a fault, unless the key is hald's", async () => {
  const refused = { keyRefused: "mode 0644" };
  assert.deepEqual(await findings({}, refused), ["fault: site.dataDir: mode 0644 in /etc/gw/data/keys"]);
  const hal = { socket: "/run/hal.sock", keyStore: "tpm" };
  const files = { "/run/hal.sock": { kind: "socket", mode: 0o600 } as const };
  assert.deepEqual(await findings({ hal }, { ...refused, files }), []);
});

Deno.test("check box: public halves of keys may be read by all", async () => {
  const backup = { recoveryKeyFile: "r.pub", targets: [{ sftp: "h:/b", keyFile: "k", hostKeyFile: "h.pub" }] };
  const open = { kind: "file", mode: 0o644 } as const;
  const files = { "/etc/gw/r.pub": open, "/etc/gw/h.pub": open, "/etc/gw/k": open };
  const found = await findings({ backup }, { files });
  assert.deepEqual(found.length, 1);
  assert.match(found[0]!, /backup.targets\[0\].keyFile/);
});

Deno.test("check box: a loopback interface has every address of 127.0.0.0/8, and no other interface has", async () => {
  const interfaces = [{ name: "lo", address: "127.0.0.1" }, { name: "eth1", address: "10.20.0.1" }];
  const zone = (name: string) => ({
    network: { zones: [{ id: "z", role: "ot", interface: name, address: "127.20.0.1/24" }] },
  });
  assert.deepEqual(await findings(zone("lo"), { interfaces }), []);
  assert.match((await findings(zone("eth1"), { interfaces })).join(), /eth1 does not have the address 127\.20\.0\.1/);
});

Deno.test("check box: an address this box does not have is a fault; spelling and wildcards are not", async () => {
  const listen = (address: string) => findings({ console: { listen: address, hostname: "a" } });
  assert.match((await listen("10.20.0.2:8443")).join(), /^fault: console.listen: this box has no address 10.20.0.2$/);
  for (const address of ["[fe80:0:0::1]:8443", "0.0.0.0:8443", "127.0.0.9:8443", "[::1]:8443"]) {
    assert.deepEqual(await listen(address), [], address);
  }
});

Deno.test("check box: zones must be on this box", async () => {
  const zone = (more: object) =>
    findings({ network: { zones: [{ id: "z", role: "ot", interface: "eth1", ...more }] } });
  assert.deepEqual(await zone({ address: "10.20.0.1/24" }), []);
  assert.match(
    (await zone({ address: "10.20.0.9/24" })).join(),
    /network.zones\[0\].address: interface eth1 does not have/,
  );
  assert.match(
    (await zone({ interface: "eth7" })).join(),
    /network.zones\[0\].interface: this box has no interface eth7/,
  );
});

Deno.test("check box: the data folder must be a folder the gateway can write and others cannot see", async () => {
  assert.match(
    (await findings({}, { readOnly: true })).join(),
    /fault: site.dataDir: cannot write in "\/etc\/gw\/data"/,
  );
  const facts = (kind: FileFacts["kind"], mode: number) => ({ files: { "/etc/gw/data": { kind, mode } } });
  assert.match((await findings({}, facts("file", 0o600))).join(), /is not a folder/);
  assert.match((await findings({}, facts("folder", 0o755))).join(), /^warning: .*others may look into/);
});

Deno.test("check box: hald's socket is only wanted when it is configured", async () => {
  const socket = { "/run/h.sock": { kind: "socket", mode: 0o600 } } as const;
  const hal = { hal: { socket: "/run/h.sock", keyStore: "tpm" } };
  assert.deepEqual(await findings(hal, { files: socket }), []);
  assert.match(
    (await findings(hal)).join(),
    /fault: hal.socket: there is no socket .*the tpm key store is out of reach/,
  );
  const file = { "/run/h.sock": { kind: "file", mode: 0o600 } } as const;
  assert.match((await findings(hal, { files: file })).join(), /is not a socket/);
});

Deno.test("check box: a permission this process cannot hand to a Worker is a fault", async () => {
  const permissions = { net: ["10.0.0.0/24:502"], read: ["/srv"], write: ["/srv"], env: ["WS_X"] };
  assert.deepEqual(await findings({}, {}, permissions), []);
  const found = await findings({}, { denied: ["net", "write /srv", "env WS_X"] }, permissions);
  assert.deepEqual(
    found,
    ["net", "write /srv", "env WS_X"].map((what) =>
      `fault: site.yaml: this process may not give Worker ocpp-0 the permission ${what}: see \`flags\``
    ),
  );
});

Deno.test("check box: an interface must not send larger packets than the uplink carries", async () => {
  const network = {
    zones: [{ id: "wan", role: "uplink", interface: "eth1", address: "10.20.0.1/24" }],
    uplink: { zone: "wan", mtu: 1_400 },
  };
  assert.deepEqual(await findings({ network }, { mtu: 1_400 }), []);
  assert.deepEqual(await findings({ network }), []);
  assert.deepEqual(await findings({ network }, { mtu: 1_401 }), [
    "fault: network.uplink.mtu: interface eth1 sends packets of 1401 bytes, the uplink carries 1400: " +
    "ip link set eth1 mtu 1400",
  ]);
});

Deno.test("check box: the proxy's credentials are a secret", async () => {
  const network = { uplink: { proxy: { url: "http://p.example:3128", credentialsFile: "secrets/p" } } };
  const found = await findings({ network }, { files: { "/etc/gw/secrets/p": { kind: "file", mode: 0o644 } } });
  assert.equal(found.length, 1);
});
