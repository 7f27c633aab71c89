import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { Site } from "../config/schema.ts";
import { GatewayError } from "../core/errors.ts";
import { firewallSheet, type SheetRow } from "./firewall_sheet_rows.ts";
import { decodeV3 } from "../switches/codec.ts";
import { FakeSwitch } from "../switches/testing/fake_switch.ts";
import { sheetCsv, sheetHtml } from "./firewall_sheet_formats.ts";
import { runFirewallSheet, tryOut } from "./firewall_sheet.ts";

const SITE = {
  version: 1,
  site: { id: "garage-12" },
  network: {
    zones: [
      { id: "ot", role: "ot", interface: "eth1", address: "10.20.0.1/24" },
      { id: "uplink", role: "uplink", interface: "eth0", address: "192.0.2.2/24" },
      { id: "mgmt", role: "management", interface: "eth0.99", address: "10.99.0.2/24" },
    ],
    uplink: { zone: "uplink" },
  },
  console: { listen: "10.99.0.2:8443", hostname: "gw.example" },
  ocpp: {
    listeners: [{ listen: "10.20.0.1:8444", tls: {} }],
    csms: [{ id: "main", url: "wss://csms.example/ocpp" }, {
      id: "copy",
      url: "wss://csms.example/x",
      mode: "read-only",
    }],
  },
  modbus: {
    listeners: [{ id: "ems", listen: "10.99.0.2:802", plaintext: "isolated-segment", sources: ["10.99.0.9/32"] }],
    lines: [{ id: "cp1", tcp: "10.20.0.11:502" }],
    units: [{ unit: 1, line: "cp1", device: 1 }],
  },
  audit: { syslog: [{ tls: "10.99.0.7:6514" }] },
  time: { upstream: [{ nts: "time.example" }] },
};
const lines = (site: object) =>
  firewallSheet(Site.parse(site)).map((row) =>
    `${row.direction} ${row.source} > ${row.destination} ${row.protocol}/${row.port}: ${row.purpose}`
  );

Deno.test("firewall sheet: one line per hole, with the zone's own address, and none for a station (T6)", () => {
  deepEqual(lines(SITE), [
    "out 192.0.2.2 > csms.example tcp/443: OCPP to the CSMS main; OCPP to the CSMS copy",
    "out 10.99.0.2 > 10.99.0.7 tcp/6514: audit records to the SIEM (syslog over TLS)",
    "out 192.0.2.2 > the site's resolver udp/53: names of the hosts in this list",
    "out 192.0.2.2 > the site's resolver tcp/53: names of the hosts in this list",
    "out 192.0.2.2 > time.example tcp/4460: time: keys of NTS",
    "out 192.0.2.2 > time.example udp/123: time: NTP",
    "in 10.99.0.0/24 > 10.99.0.2 tcp/8443: console and device pages for people",
    "in 10.99.0.9/32 > 10.99.0.2 tcp/802: Modbus for ems",
  ]);
});

Deno.test("firewall sheet: what site.yaml does not spell is in it: hosts of files with FTP's data, the mail server; none of it is tried", async () => {
  const site = {
    version: 1,
    site: { id: "garage-12" },
    network: SITE.network,
    firmware: { fetchHosts: [{ host: "203.0.113.9", schemes: ["ftp"] }] },
    notify: [{ mailTo: "ops@example.com", smtpFile: "smtp" }],
  };
  const rows = firewallSheet(Site.parse(site));
  deepEqual(
    rows.map(({ destination, port, lastPort = port, purpose }) => `${destination} ${port}-${lastPort} ${purpose}`),
    [
      "203.0.113.9 21-21 firmware",
      "203.0.113.9 1024-65535 firmware and logs by FTP, data connections",
      "the mail server 465-465 alarms by mail",
      "the mail server 587-587 alarms by mail",
    ],
  );
  match(sheetCsv(rows), /"203\.0\.113\.9","tcp","1024-65535","firmware and logs by FTP, data connections","not tried"/);
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/smtp`, "smtps://u:p@mail.example:465\n");
  await Deno.writeTextFile(`${folder}/site.yaml`, JSON.stringify({ ...site, firmware: undefined }));
  const { ok: isOk, data } = await runFirewallSheet(
    { config: `${folder}/site.yaml` },
    () => Promise.reject(new Error("must not be tried")),
  );
  const tested = (data as { rows: { tested?: string }[] }).rows.map((row) => row.tested);
  deepEqual([isOk, tested], [true, [undefined, undefined]]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("firewall sheet: a switch beyond the site's firewall is in it, one among the stations is not", () => {
  const snmp = { user: "u", authPasswordFile: "a", privacyPasswordFile: "p" };
  const switches = ["10.20.0.2", "10.99.0.3", "10.50.0.4"].map((address, at) => ({ id: `sw${at}`, address, snmp }));
  deepEqual(lines({ ...SITE, switches }).filter((line) => line.includes("SNMP")), [
    "out 10.99.0.2 > 10.99.0.3 udp/161: switch sw1, read only (SNMP)",
    "out 192.0.2.2 > 10.50.0.4 udp/161: switch sw2, read only (SNMP)",
  ]);
});

Deno.test("firewall sheet: a switch is tried by a question that every SNMPv3 switch answers", async () => {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const asked: Uint8Array[] = [];
  socket.on("message", (question, { port }) => {
    asked.push(question);
    socket.send(new FakeSwitch().report(1, "1.3.6.1.6.3.15.1.1.4.0"), port, "127.0.0.1");
  });
  const probe = { kind: "switch" as const, host: "127.0.0.1", port: socket.address().port };
  equal(await tryOut({ direction: "out", probe } as SheetRow), "reachable");
  equal(decodeV3(asked[0]!).user, "");
  socket.close();
});

Deno.test("firewall sheet: behind a proxy only the proxy, what bypasses it, and what is no web", () => {
  const uplink = { zone: "uplink", proxy: { url: "http://proxy.example:3128", bypass: ["siem.example"] } };
  const notify = [{ webhook: "https://ops.example/x" }, { id: "near", webhook: "https://siem.example/hook" }];
  const backup = { recoveryKeyFile: "k", targets: [{ sftp: "backup.example:/x", keyFile: "k", hostKeyFile: "h" }] };
  const out = lines({ ...SITE, network: { ...SITE.network, uplink }, time: undefined, notify, backup })
    .filter((line) => line.startsWith("out") && !line.includes("resolver")).map((line) => line.split(" ")[3]);
  deepEqual(out, ["proxy.example", "siem.example", "backup.example", "10.99.0.7"]);
});

const row = (part: Partial<SheetRow> = {}): SheetRow => ({
  ...{ direction: "out", source: "a", destination: "b", port: 1, protocol: "tcp", purpose: "c" },
  probe: { kind: "connect", host: "127.0.0.1", port: 1 },
  ...part,
});

Deno.test("firewall sheet: CSV keeps quotes, commas and formulas as text", () => {
  equal(
    sheetCsv([{ ...row({ purpose: '=1+1, "x"' }), tested: "reachable" }]).split("\r\n")[1],
    '"out","a","b","tcp","1","\'=1+1, ""x""","reachable"',
  );
});

Deno.test("firewall sheet: HTML escapes what comes from site.yaml and loads nothing", () => {
  const html = sheetHtml([row({ purpose: "<script>x</script>" })], { name: 'A & "B"', at: "2026-11-21" });
  ok(html.includes("&lt;script&gt;") && html.includes("A &amp; &quot;B&quot;"));
  ok(!/<script|src=|href=|url\(/.test(html));
});

Deno.test("firewall sheet: a row is tried: a port that listens, one that does not, a time server", async () => {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  equal(await tryOut(row({ probe: { kind: "connect", host: "127.0.0.1", port } })), "reachable");
  await new Promise((resolve) => server.close(resolve));
  match(await tryOut(row({ probe: { kind: "connect", host: "127.0.0.1", port } })), /^FAILED: .*REFUSED/i);
  match(
    await tryOut(row({ direction: "in", probe: { kind: "connect", host: "127.0.0.1", port } })),
    /^does not listen/,
  );
  const clock = createSocket("udp4");
  clock.on("message", (bytes, from) => {
    deepEqual([bytes.length, bytes[0]], [48, 0x23]);
    clock.send(new Uint8Array(48), from.port, from.address);
  });
  await new Promise<void>((resolve) => clock.bind(0, "127.0.0.1", () => resolve()));
  const time = { kind: "time" as const, host: "127.0.0.1", port: clock.address().port };
  equal(await tryOut(row({ probe: time })), "reachable");
  await new Promise<void>((resolve) => clock.close(() => resolve()));
  const overdue = { after: (_: number, run: () => void) => (queueMicrotask(run), () => {}), every: () => () => {} };
  match(await tryOut(row({ probe: time }), overdue), /^FAILED: no answer within/);
});

Deno.test("firewall sheet: the command writes a file once, tries every row, and fails when one fails", async () => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/site.yaml`;
  await Deno.writeTextFile(config, JSON.stringify({ ...SITE, modbus: undefined }));
  const file = `${folder}/sheet.csv`;
  const tried: string[] = [];
  const args = { config, format: "csv", file };
  const answer = await runFirewallSheet(args, ({ destination }) => {
    tried.push(destination);
    return Promise.resolve(destination === "csms.example" ? "FAILED: closed" : "reachable");
  });
  deepEqual([answer.ok, tried.length], [false, 7]);
  match(await Deno.readTextFile(file), /"csms\.example","tcp","443","[^"]*","FAILED: closed"/);
  await rejects(runFirewallSheet(args, () => Promise.resolve("reachable")), (error) => {
    return error instanceof GatewayError && error.code === "CLI_EXISTS";
  });
  const shown = await runFirewallSheet(
    { config, untested: true },
    () => Promise.reject(new Error("must not be tried")),
  );
  ok(shown.ok && /not tried\nStations are in no row/.test(shown.text));
  await rejects(
    runFirewallSheet({ config, format: "pdf" }),
    (error) => error instanceof GatewayError && error.code === "CLI_USAGE",
  );
  await Deno.remove(folder, { recursive: true });
});
