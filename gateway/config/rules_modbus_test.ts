import { deepEqual, match, ok } from "node:assert/strict";
import { loadSite } from "./load.ts";
import { ConfigError } from "../core/errors.ts";

const RULES = "- { id: all, effect: allow, because: All of it }\n";

/** Faults of a site with this `modbus` section; "" when it is good. */
async function faults(modbus: string, more = "hal: {}"): Promise<string> {
  const text = `version: 1\nsite: { id: a }\n${more}\nmodbus:\n${modbus.replaceAll(/^/gm, "  ")}`;
  try {
    await loadSite("/site.yaml", {
      readFile: (path) => Promise.resolve(new TextEncoder().encode(path === "/site.yaml" ? text : RULES)),
    });
    return "";
  } catch (error) {
    ok(error instanceof ConfigError);
    return error.faults.join("\n");
  }
}

const GOOD = {
  listeners: '{ id: ems, listen: "0.0.0.0:802", tls: {} }',
  lines: '{ id: a, tcp: "10.0.0.1:502" }',
  units: "{ unit: 1, line: a, device: 1, profile: eastron-sdm630 }",
};
/** Two trust zones. */
const TWO_ZONES =
  '{ id: a, listen: "0.0.0.0:802", tls: {} }, { id: b, listen: "127.0.0.1:502", plaintext: isolated-segment }';
const TWO_CAS =
  '{ id: a, listen: "0.0.0.0:802", tls: {} }, { id: b, listen: "0.0.0.0:803", tls: { clientCaFile: ca.pem } }';

Deno.test("config modbus: one Worker serves one trust zone, and any number of its listeners", async () => {
  const one = (listeners: string) => faults(`${site({ listeners })}\nworkers: one`);
  deepEqual(await one(GOOD.listeners), "");
  deepEqual(await one('{ id: a, listen: "0.0.0.0:802", tls: {} }, { id: b, listen: "0.0.0.0:803", tls: {} }'), "");
  const refused = /modbus\.workers: the listeners have different client CAs, or TLS and plaintext, wanted separate/;
  match(await one(TWO_ZONES), refused);
  match(await one(TWO_CAS), refused);
  deepEqual(await faults(`${site({ listeners: TWO_ZONES })}\nworkers: separate`), "");
});

const site = (change: Partial<typeof GOOD> = {}) =>
  Object.entries({ ...GOOD, ...change }).map(([key, value]) => `${key}: [${value}]`).join("\n");

Deno.test("config modbus: the keys of the design are taken", async () => {
  deepEqual(await faults(site()), "");
  deepEqual(
    await faults(site({
      listeners: '{ id: legacy, listen: "192.168.5.2:502", plaintext: isolated-segment, sources: [192.168.5.10/32] }',
      lines: "{ id: a, serial: { device: /dev/ttyRS485, baud: 9600, parity: even, stopBits: 1 } }",
    })),
    "",
  );
  deepEqual(await faults(site({ listeners: '{ id: a, listen: "127.0.0.1:502", plaintext: isolated-segment }' })), "");
});

const BAD: readonly [string, Partial<typeof GOOD>, RegExp][] = [
  [
    "two kinds",
    { listeners: '{ id: a, listen: "127.0.0.1:802", tls: {}, plaintext: isolated-segment }' },
    /both tls and/,
  ],
  ["no kind", { listeners: '{ id: a, listen: "127.0.0.1:802" }' }, /neither tls nor plaintext, wanted tls: \{\}/],
  [
    "plaintext for everybody",
    { listeners: '{ id: a, listen: "192.168.5.2:502", plaintext: isolated-segment }' },
    /listeners\[0\]\.sources: is missing, wanted the networks/,
  ],
  [
    "plaintext everywhere",
    { listeners: '{ id: a, listen: "0.0.0.0:502", plaintext: isolated-segment, sources: [10.0.0.0/8] }' },
    /every address of this box/,
  ],
  [
    "a source that is everybody",
    { listeners: '{ id: a, listen: "10.0.0.2:502", plaintext: isolated-segment, sources: [0.0.0.0/0] }' },
    /a network of at least 8 bits/,
  ],
  [
    "two listeners of one name",
    { listeners: `${GOOD.listeners}, { id: EMS, listen: "127.0.0.1:1", tls: {} }` },
    /taken by listeners\[0\]/,
  ],
  [
    "two listeners on one port",
    { listeners: `${GOOD.listeners}, { id: b, listen: "127.0.0.1:802", tls: {} }` },
    /collides with/,
  ],
  [
    "a line of two kinds",
    { lines: '{ id: a, tcp: "10.0.0.1:502", serial: { device: /dev/ttyS0 } }' },
    /both serial and tcp/,
  ],
  ["a line of no kind", { lines: "{ id: a }" }, /neither serial nor tcp/],
  ["TLS on a serial line", {
    lines: "{ id: a, serial: { device: /dev/ttyS0 }, tls: { caFile: a, certificate: { certFile: a, keyFile: a } } }",
  }, /no TLS/],
  ["framing of a serial line", { lines: "{ id: a, serial: { device: /dev/ttyS0 }, framing: rtu }" }, /lines with tcp/],
  [
    "one device, two lines",
    { lines: "{ id: a, serial: { device: /dev/ttyS0 } }, { id: b, serial: { device: /dev/ttyS0 } }" },
    /the device of lines\[0\]/,
  ],
  ["a speed that is none", { lines: "{ id: a, serial: { device: /dev/ttyS0, baud: 9601 } }" }, /1200, 2400/],
  ["a file that is no device", { lines: "{ id: a, serial: { device: /etc/passwd } }" }, /a device, as/],
  ["a unit without a line", { units: "{ unit: 1, line: b, device: 1 }" }, /there is no line "b", wanted one of a/],
  [
    "a unit twice",
    { units: "{ unit: 1, line: a, device: 1 }, { unit: 1, line: a, device: 2 }" },
    /taken by units\[0\]/,
  ],
  [
    "an address that no serial line has",
    { lines: "{ id: a, serial: { device: /dev/ttyS0 } }", units: "{ unit: 1, line: a, device: 248 }" },
    /248 is no address of a serial line/,
  ],
  [
    "a broadcast by another name",
    { lines: "{ id: a, serial: { device: /dev/ttyS0 } }", units: "{ unit: 1, line: a, device: 0 }" },
    /0 is a broadcast/,
  ],
  [
    "a profile with a slip",
    { units: "{ unit: 1, line: a, device: 1, profile: eastron-sdm360 }" },
    /did you mean "eastron-sdm630"/,
  ],
];

for (const [name, change, expected] of BAD) {
  Deno.test(`config modbus: ${name} is refused`, async () => match(await faults(site(change)), expected));
}

Deno.test("config modbus: a serial line needs hald", async () => {
  match(await faults(site({ lines: "{ id: a, serial: { device: /dev/ttyS0 } }" }), ""), /there is no hal, wanted hal/);
});
