import { deepEqual, equal, match, throws } from "node:assert/strict";
import { parse } from "yaml";
import { Site } from "../config/schema.ts";
import type { Box, SiteFiles } from "../core/conduit.ts";
import { ConfigError } from "../core/errors.ts";
import { ModbusConfig } from "./config.ts";
import { modbus } from "./mod.ts";
import type { DoorConfig, LinesConfig, OneConfig } from "./worker_config.ts";

const BOX: Box = { configFile: "/etc/gw/site.yaml", configDir: "/etc/gw", dataDir: "/var/lib/gw" };
const PROFILE = "id: own-meter\nname: Ours\npoints: [{ name: power, at: 1, source: us, rung: bench }]\n";

function filesOf(contents: Record<string, string>): SiteFiles {
  const text = (path: string) => {
    const found = contents[path];
    if (found === undefined) throw new ConfigError("CFG_UNREADABLE", `no file ${path}`);
    return found;
  };
  return { text, bytes: (path) => new TextEncoder().encode(text(path)) };
}

const FILES = {
  rules: "- { id: all, effect: allow, because: All of it }\n",
  own: PROFILE,
  ca: "CA",
  cert: "C",
  key: "K",
};

function specs(section: string, files: Record<string, string> = FILES, more = "hal: { socket: hal.sock }") {
  const site = Site.parse(parse(`version: 1\nsite: { id: a, timeZone: Europe/Berlin }\n${more}\n${section}`));
  return modbus.workers(site, BOX, filesOf(files));
}

const SECTION = `
modbus:
  listeners:
    - { id: ems, listen: "0.0.0.0:802", tls: { clientCaFile: ca } }
    - { id: other, listen: "0.0.0.0:803", tls: { clientCaFile: ca } }
    - { id: site, listen: "0.0.0.0:804", tls: {} }
    - { id: legacy, listen: "192.168.5.2:502", plaintext: isolated-segment, sources: [192.168.5.10/32] }
  lines:
    - { id: meters, serial: { device: /dev/ttyRS485, baud: 19200, parity: even } }
    - { id: cp001, tcp: "10.20.0.11:502", idleSeconds: 30 }
    - { id: far, tcp: "far.example:802", tls: { caFile: ca, certificate: { certFile: cert, keyFile: key } } }
    - { id: server, tcp: "10.20.0.12:4001", framing: rtu }
  units:
    - { unit: 1, line: meters, device: 1, profile: own-meter }
    - { unit: 11, line: cp001, device: 255, profile: bender-cc }
  clients: [{ client: ems-1, weight: 3 }]
  profiles: [{ profileFile: own }]
  rules: rules
`;

Deno.test("modbus conduit: absent from the configuration there is no Worker", () => deepEqual(specs(""), []));

Deno.test("modbus conduit: one Worker per trust zone, and one that owns the lines; none can do the other's work", () => {
  const [lines, ...doors] = specs(SECTION);
  deepEqual(doors.map(({ name, permissions }) => [name, permissions]), [
    ["modbus-0", { net: ["0.0.0.0:802", "0.0.0.0:803"] }],
    ["modbus-1", { net: ["0.0.0.0:804"] }],
    ["modbus-2", { net: ["192.168.5.2:502"] }],
  ]);
  equal(lines!.name, "modbus-lines");
  deepEqual(lines!.permissions, {
    net: ["10.20.0.11:502", "far.example:802", "10.20.0.12:4001", "unix:/etc/gw/hal.sock"],
    read: ["/etc/gw/hal.sock"],
    write: ["/etc/gw/hal.sock"],
  });
  for (const { after, peers } of doors) deepEqual([after, peers], [["modbus-lines"], ["modbus-lines"]]);
});

Deno.test("modbus conduit: in one Worker it has what both need, and nothing else", () => {
  const zone = SECTION.replace(/.*id: site,.*\n/, "").replace(/.*id: legacy,.*\n/, "");
  const [lines, door] = specs(`${zone}  workers: separate\n`), [one, ...more] = specs(`${zone}  workers: one\n`);
  deepEqual([one!.name, more, one!.peers, one!.after], ["modbus-one", [], undefined, []]);
  deepEqual(one!.permissions, {
    ...lines!.permissions,
    net: ["0.0.0.0:802", "0.0.0.0:803", ...lines!.permissions.net!],
  });
  deepEqual(one!.config, { door: door!.config, lines: lines!.config });
});

Deno.test("modbus conduit: by itself the lines are with the only zone with TLS, or with the only zone; else they are apart", () => {
  const named = (section: string) => specs(section).map(({ name }) => name);
  const without = (...ids: readonly string[]) =>
    ids.reduce((text, id) => text.replace(new RegExp(`.*id: ${id},.*\n`), ""), SECTION);
  deepEqual(named(without("site", "legacy")), ["modbus-one"], "two listeners with the same client CA");
  deepEqual(named(without("ems", "other", "site")), ["modbus-one"], "plaintext alone");
  deepEqual(named(without("ems", "other")), ["modbus-one", "modbus-1"], "TLS and plaintext: the lines are with TLS");
  deepEqual(named(`${without("ems", "other")}  workers: separate\n`), ["modbus-lines", "modbus-0", "modbus-1"]);
  deepEqual(named(without("legacy", "other")), ["modbus-lines", "modbus-0", "modbus-1"], "two client CAs");
  const [one, panel] = specs(without("ems", "other"));
  deepEqual([panel!.after, panel!.peers, panel!.permissions], [["modbus-one"], ["modbus-one"], {
    net: ["192.168.5.2:502"],
  }]);
  deepEqual((one!.config as OneConfig).door.listeners.map(({ name }) => name), ["site"]);
  deepEqual(named(`${without("site", "legacy")}  workers: auto\n`), ["modbus-one"]);
  deepEqual(named(`${without("site", "legacy")}  workers: separate\n`), ["modbus-lines", "modbus-0"]);
});

Deno.test("modbus conduit: without a serial line hald's socket is out of reach", () => {
  const [lines] = specs(SECTION.replace(/.*ttyRS485.*\n/, "").replace(/.*line: meters.*\n/, ""));
  deepEqual(Object.keys(lines!.permissions), ["net"]);
  equal((lines!.config as LinesConfig).haldSocket, undefined);
});

Deno.test("modbus conduit: Workers get what they need by value: files, profiles, rules, silences", () => {
  const [lines, door, , plain] = specs(SECTION);
  const config = lines!.config as LinesConfig;
  const [meters, cp001, far, server] = config.lines;
  deepEqual([meters!.kind, meters!.byteBits, meters!.silenceMs.toFixed(3)], ["serial", 11, "2.005"]);
  deepEqual([cp001!.kind, cp001!.idleMs, cp001!.silenceMs], ["tcp", 30_000, 0]);
  deepEqual(far!.place, {
    ...{ kind: "tcp", host: "far.example", port: 802, framing: "mbap" },
    tls: { caPem: "CA", certPem: "C", keyPem: "K", serverName: "far.example" },
  });
  equal(server!.kind, "serial", "without transaction ids a late answer must be waited out");
  deepEqual(config.policy.profiles.map(({ id }) => id), ["own-meter", "bender-cc"]);
  deepEqual([config.policy.rules.length, config.policy.timeZone, config.weights], [1, "Europe/Berlin", { "ems-1": 3 }]);
  deepEqual((door!.config as DoorConfig).listeners.map(({ name, tls }) => [name, tls]), [["ems", true], [
    "other",
    true,
  ]]);
  deepEqual((plain!.config as DoorConfig).listeners[0]!.sources, ["192.168.5.10/32"]);
});

Deno.test("modbus conduit: the example in its README is a good configuration", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const example = /```yaml\n([^]*?)```/.exec(readme)![1]!;
  const { modbus: section } = parse(example) as { readonly modbus: unknown };
  deepEqual(ModbusConfig.parse(section).lines.map(({ id }) => id), ["meters", "cp001", "far"]);
});

Deno.test("modbus conduit: beyond 19,200 baud the silence is a fixed time", () => {
  const [lines] = specs(SECTION.replace("baud: 19200", "baud: 38400"));
  equal((lines!.config as LinesConfig).lines[0]!.silenceMs, 1.75);
});

Deno.test("modbus conduit: a profile of the site that is wrong is refused with its file and place", () => {
  const broken = "id: own-meter\nname: Ours\npoints: [{ name: power, at: 70000, source: us, rung: bench }]\n";
  const faultsOf = (own: string) => {
    try {
      specs(SECTION, { ...FILES, own });
      return "";
    } catch (error) {
      return (error as ConfigError).faults.join("\n");
    }
  };
  match(faultsOf(broken), /^own:3:29 points\[0\]\.at: 70000 is out of range/m);
  match(
    faultsOf("id: other-meter\nname: Ours\npoints: [{ name: p, at: 1, source: us, rung: bench }]"),
    /no profile "own-meter"/,
  );
  match(faultsOf("{"), /^own:1:/);
  throws(() => specs(SECTION, { ...FILES, rules: "- 5" }), ConfigError);
});
