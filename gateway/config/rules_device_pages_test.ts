import { deepEqual, equal } from "node:assert/strict";
import { DEVICE_PAGES_RULES } from "./rules_device_pages.ts";
import { pageLabel } from "./device_pages.ts";
import { Site } from "./schema.ts";

const DOOR = {
  listen: "127.0.0.1:8443",
  hostname: "gw.example",
  devicePages: { listen: "127.0.0.1:8447" },
};
const UI = { url: "https://10.20.0.11", driver: "bender" };

interface Wanted {
  readonly stations?: readonly Record<string, unknown>[];
  readonly console?: unknown;
  readonly files?: Readonly<Record<string, string>>;
}

function faults({ stations = [{ id: "CP001", ui: UI }], console = DOOR, files = {} }: Wanted): string[] {
  const site = Site.parse({ version: 1, site: { id: "lab" }, stations, ...console ? { console } : {} });
  const materials = new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)]));
  return DEVICE_PAGES_RULES.flatMap((rule) => rule.check(site, materials)).map(({ path, wrong }) =>
    `${path.join(".")}: ${wrong}`
  );
}

const ui = (more: Record<string, unknown>, station: Record<string, unknown> = {}) => ({
  stations: [{ id: "CP001", ...station, ui: { ...UI, ...more } }],
});

Deno.test("config rules: pages in order", () => {
  deepEqual(faults({}), []);
  deepEqual(faults({ stations: [{ id: "CP001" }], console: null }), []);
  deepEqual(faults(ui({ url: "http://10.20.0.11", plaintext: "isolated-segment" })), []);
  deepEqual(faults(ui({ alsoAt: ["http://10.20.0.11:81"], plaintext: "isolated-segment", pinFile: "pin" })), []);
  deepEqual(faults({ console: { ...DOOR, devicePages: { listen: "127.0.0.1:8447", ports: "9401-9401" } } }), []);
  deepEqual(faults({ ...ui({ pinFile: "pin" }), files: { pin: "-----BEGIN CERTIFICATE-----\nAA\n" } }), []);
});

Deno.test("config rules: pages without a door are nobody's", () => {
  const alone = "stations.0.ui: nobody could open these pages";
  deepEqual(faults({ console: null }), [alone]);
  deepEqual(faults({ console: { listen: DOOR.listen, hostname: DOOR.hostname } }), [alone]);
});

Deno.test("config rules: names of pages are beyond confusion", () => {
  const two = (first: Record<string, unknown>, second: Record<string, unknown>) =>
    faults({
      stations: [{ ui: UI, ...first }, { ui: { ...UI, url: "https://10.20.0.12" }, ...second }] as Record<
        string,
        unknown
      >[],
    });
  deepEqual(two({ id: "CP_1" }, { id: "CP-1" }), [
    'stations.1.ui.name: the pages of "CP-1" and "CP_1" would both be named "cp-1"',
  ]);
  deepEqual(two({ id: "CP_1" }, { id: "CP-1", ui: { ...UI, name: "other" } }), []);
  deepEqual(two({ id: "A" }, { id: "B", ui: { ...UI, name: "a" } }), [
    'stations.1.ui.name: the pages of "B" and "A" would both be named "a"',
  ]);
  const hostname = Array.from({ length: 31 }, () => "a234567").join(".");
  deepEqual(faults({ stations: [{ id: "CP001", ui: UI }], console: { ...DOOR, hostname } }), [
    'stations.0.ui: the name "cp001" is too long',
  ]);
});

Deno.test("config rules: the label of a station's pages", () => {
  const label = (id: string) => pageLabel({ id } as never);
  equal(label("CP001"), "cp001");
  equal(label("DE*ABC*E12@x.y"), "de-abc-e12-x-y");
  equal(label("_a_"), "a");
  equal(label("a--p81"), "a-p81");
  equal(label("***"), "station");
  equal(pageLabel({ id: "CP001", ui: { name: "bay-07" } } as never), "bay-07");
});

Deno.test("config rules: cleartext to a controller is said, never by accident", () => {
  const wrong = "is not encrypted: passwords of the controller would cross the OT network for all to see";
  deepEqual(faults(ui({ url: "http://10.20.0.11" })), [`stations.0.ui.url: ${wrong}`]);
  deepEqual(faults(ui({ alsoAt: ["https://10.20.0.11:8081", "http://10.20.0.11:81"] })), [
    `stations.0.ui.alsoAt.1: ${wrong}`,
  ]);
  deepEqual(faults(ui({ plaintext: "isolated-segment" })), ["stations.0.ui.plaintext: stands beside https:// only"]);
  deepEqual(faults(ui({ url: "http://10.20.0.11", plaintext: "isolated-segment", pinFile: "pin" })), [
    "stations.0.ui.pinFile: pins nothing of http://",
  ]);
});

Deno.test("config rules: a controller's ports are its own and each once", () => {
  deepEqual(faults(ui({}, { access: "usb-only" })), ["stations.0.ui: a usb-only part has no pages"]);
  deepEqual(faults(ui({ alsoAt: ["https://10.20.0.12:81"] })), ['stations.0.ui.alsoAt.0: is not at "10.20.0.11"']);
  deepEqual(faults(ui({ alsoAt: ["https://10.20.0.11:81", "https://10.20.0.11:81/x"] })), [
    "stations.0.ui.alsoAt.1: names a port twice",
  ]);
});

Deno.test("config rules: the port range is long enough and free", () => {
  const pages = (ports: string, console = DOOR) => ({ ...console, devicePages: { ...DOOR.devicePages, ports } });
  const two = [{ id: "A", ui: UI }, { id: "B", ui: { ...UI, alsoAt: ["https://10.20.0.11:81"] } }];
  deepEqual(faults({ stations: two, console: pages("9401-9403") }), []);
  deepEqual(faults({ stations: two, console: pages("9401-9402") }), [
    "console.devicePages.ports: is too short: 1 of 3 pages get no port",
  ]);
  deepEqual(faults({ stations: two, console: pages("8446-8450") }), [
    "console.devicePages.ports: holds port 8447, which the console uses",
  ]);
});

Deno.test("config rules: a pin is one certificate", () => {
  const certificate = "-----BEGIN CERTIFICATE-----\nAA\n";
  for (const [pin, count] of [["nothing", 0], [certificate + certificate, 2]] as const) {
    deepEqual(faults({ ...ui({ pinFile: "pin" }), files: { pin } }), [
      `stations.0.ui.pinFile: the file "pin" holds ${count} certificates`,
    ]);
  }
});
