import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Station } from "../inventory/config.ts";
import { BLOCKED, blockedWhy, probeEvidence, probeTask, probeUnknown } from "./station_probe.ts";
import { PROBE_FACTS } from "../core/probe_api.ts";
import { PROBE_LIMITS } from "../probe/limits.ts";
import type { PostureCheck } from "../../policies/posture_types.ts";
import { shippedGuides } from "./guides.ts";

const station = (more: object = {}) =>
  ({ id: "CP001", vendor: "bender", address: "10.0.0.1", part: "single", access: "network", ...more }) as Station;
const ui = (url: string) => ({ ui: { url, driver: "bender" } });
const text = (evidence: Readonly<Record<string, { is: string; value?: string; why?: string }>>, name: string) =>
  evidence[name]?.value ?? `? ${evidence[name]?.why}`;

Deno.test("station probe: it asks for the ports of the maker, of the guides and of usual mistakes, each once, ascending", () => {
  const task = probeTask(station(), [{ by: "ports", closed: [4711, 22] }])!;
  for (const port of [22, 80, 443, 4711, 8020, 8080]) ok(task.ports.includes(port), String(port));
  deepEqual([...task.ports], [...new Set(task.ports)].sort((a, b) => a - b));
  equal(task.tlsPort, undefined);
  equal(probeTask(station({ vendor: "alfen" }), [])!.ports.includes(8020), false);
});

Deno.test("station probe: guides that are shipped stay within the ports of one look", () => {
  for (const vendor of ["bender", "schneider", "alfen"]) {
    const checks: PostureCheck[] = shippedGuides().all.flatMap(({ lines }) =>
      lines.flatMap((line) => [...line.checks])
    );
    ok(probeTask(station({ vendor, ...ui("https://10.0.0.1:9443") }), checks)!.ports.length <= PROBE_LIMITS.ports);
  }
});

const PAGES: readonly (readonly [url: string, port: number | undefined, tls: number | undefined])[] = [
  ["https://10.0.0.1", 443, 443],
  ["https://10.0.0.1:4443/x", 4443, 4443],
  ["http://10.0.0.1:8088", 8088, undefined],
  ["https://10.0.0.2:4443", undefined, undefined],
  ["https://page.example:4443", undefined, undefined],
];
for (const [url, port, tls] of PAGES) {
  Deno.test(`station probe: the page at ${url} is ${tls ? "asked for TLS" : "not asked for TLS"}, only at the station's own address`, () => {
    const task = probeTask(station(ui(url)), [])!;
    equal(task.tlsPort, tls);
    if (port !== undefined) ok(task.ports.includes(port));
    else equal(task.ports.includes(4443), false);
  });
}

Deno.test("station probe: without an address, or with one of IPv6, it is not looked at", () => {
  equal(probeTask(station({ address: undefined }), []), undefined);
  equal(probeTask(station({ address: "fd00::1" }), []), undefined);
});

Deno.test("station probe: open ports are listed; those that neither maker nor site.yaml names are strange", () => {
  const at = station({ ...ui("https://10.0.0.1:4443"), tunnelPorts: [2222] });
  const found = probeEvidence(at, {
    ports: [[80, "open"], [2222, "open"], [4443, "open"], [5900, "open"], [22, "open"], [23, "closed"], [25, "silent"]],
  }, 5);
  equal(text(found, "ports"), "80, 2222, 4443, 5900, 22");
  equal(text(found, "probe strange-ports"), "5900, 22", "a shell is nobody's usual port");
  const none = probeEvidence(at, { ports: [[80, "closed"], [22, "silent"]] }, 5);
  deepEqual([text(none, "ports"), text(none, "probe strange-ports")], ["none", "none"]);
});

Deno.test("station probe: where nothing answers, nothing is proven", () => {
  for (const state of ["silent", "blocked"] as const) {
    const found = probeEvidence(station(), { ports: [[22, state], [80, state]] }, 5);
    match(text(found, "ports"), /^\? /);
    match(text(found, "probe strange-ports"), state === "silent" ? /away/ : /firewall/);
  }
});

Deno.test("station probe: a port that the gateway's own firewall hides leaves its line unknown, unless another one is open", () => {
  const { [BLOCKED]: blocked, ports } = probeEvidence(station(), {
    ports: [[22, "blocked"], [23, "open"], [80, "closed"]],
  }, 5);
  match(blockedWhy([22], blocked, ports)!, /port 22: `segmentation open`/);
  equal(blockedWhy([80], blocked, ports), undefined);
  equal(blockedWhy([22, 23], blocked, ports), undefined, "23 is open: the line is not met, whatever 22 is");
  equal(blockedWhy([22], undefined, undefined), undefined);
});

Deno.test("station probe: the oldest and the newest TLS that the page took", () => {
  const found = probeEvidence(station(), { ports: [], tls: { versions: ["1.3", "1.0", "1.2"], isOther: false } }, 5);
  deepEqual([text(found, "probe tls-oldest"), text(found, "probe tls-newest")], ["1.0", "1.3"]);
  match(text(found, "probe certificate-version"), /none was presented/);
});

const NO_TLS: readonly (readonly [tls: { versions: string[]; isOther: boolean } | undefined, why: RegExp])[] = [
  [undefined, /not HTTPS/],
  [{ versions: [], isOther: true }, /not answer as TLS/],
  [{ versions: [], isOther: false }, /took no TLS/],
];
for (const [tls, why] of NO_TLS) {
  Deno.test(`station probe: no version of TLS is not a good one: ${why.source}`, () => {
    const found = probeEvidence(station(), { ports: [], ...tls ? { tls } : {} }, 5);
    for (const name of ["tls-oldest", "tls-newest", "certificate-days-left"]) match(text(found, `probe ${name}`), why);
  });
}

Deno.test("station probe: bytes that are no certificate say so and are no fact", () => {
  const found = probeEvidence(
    station(),
    { ports: [], tls: { versions: ["1.2"], isOther: false, certificate: "AAAA" } },
    5,
  );
  match(text(found, "probe certificate-days-left"), /^\? its certificate: /);
});

Deno.test("station probe: a look that did not come about leaves every fact unknown", () => {
  const found = probeUnknown("it charges");
  for (const name of PROBE_FACTS) equal(text(found, `probe ${name}`), "? it charges");
  equal(text(found, "ports"), "? it charges");
});
