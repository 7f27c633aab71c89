import { deepEqual, equal, ok } from "node:assert/strict";
import { METRICS } from "../../gateway/core/metric_names.ts";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { TcpDevice } from "../../gateway/demo/modbus/tcp_device.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { type ModbusSite, roleExtension, withModbusSite } from "../support/modbus_site.ts";
import { waitFor } from "../support/wait_for.ts";

/** A meter of profile eastron-sdm630, so that polled values are answered from memory. */
function meter(): Registers {
  const registers = new Registers();
  for (let at = 0; at < 80; at += 2) registers.setFloat("input", at, 230.5);
  return registers;
}

/** Patience with the device, which lives in the process of the test: it may stand still for a while on a busy machine. */
const PATIENCE_MS = 2_000;

/** Every series of /metrics whose name begins with bulkhead_modbus_, with its labels in alphabetical order. */
async function series({ metricsPort }: ModbusSite): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith("bulkhead_modbus_"));
  return new Map(lines.map((line) => {
    const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
    return [`${name}{${labels.split(",").toSorted().join(",")}}`, Number(value)];
  }));
}

/** A client certificate of these roles. */
function tlsOf(site: ModbusSite, ...roles: readonly string[]) {
  const { certPem, keyPem } = site.client("scada", undefined, { moreExtensions: roles.map(roleExtension) });
  return { ca: [site.ca.pem], cert: certPem, key: keyPem, servername: "localhost" };
}

const clients = (listener: string) => `bulkhead_modbus_clients{listener="${listener}"}`;
const requests = (client: string, line: string, outcome: string) =>
  `bulkhead_modbus_requests_total{client="${client}",line="${line}",outcome="${outcome}"}`;

Deno.test("modbus: /metrics of a running gateway tells of lines, clients and refusals, each by its kind", async () => {
  const device = await TcpDevice.start(new Map([[1, meter()]]));
  const lines = [
    { id: "meter", tcp: `127.0.0.1:${device.port}`, responseTimeoutMs: PATIENCE_MS, retries: 0 },
    { id: "nobody", tcp: "127.0.0.1:9", reconnectDelayMs: 60_000 },
  ];
  const units = [
    { unit: 1, line: "meter", device: 1, profile: "eastron-sdm630" },
    { unit: 2, line: "nobody", device: 1, profile: "eastron-sdm630" },
    { unit: 3, line: "meter", device: 77, profile: "eastron-sdm630" },
  ];
  await withModbusSite({ lines, units }, async (site) => {
    const client = await ModbusClient.connect(site.tlsPort, tlsOf(site, "Reader"));
    const panel = await ModbusClient.connect(site.plainPort);
    for (let turn = 0; turn < 5; turn++) equal((await client.read(1, 4, 0, 2)).length, 2); // the first from the device
    deepEqual(await client.read(1, 4, 300, 2), [-1]); // no rule lets anybody read what nobody knows
    equal(await client.write(1, 0, 1), -1);
    deepEqual(await client.ask(1, Uint8Array.of(3, 0, 0, 0, 126)), Uint8Array.of(0x83, 3));
    deepEqual(await client.read(2, 4, 0, 2), [-0x0a]);
    deepEqual(await panel.read(3, 4, 0, 2), [-0x0b]);
    await (await ModbusClient.connect(site.tlsPort, tlsOf(site, "Reader", "Manager"))).closed; // two roles are none

    await waitFor("the sweep that tells metrics", async () => {
      const told = await series(site), [ems, legacy] = ["ems", "legacy"].map((id) => told.get(clients(id)));
      return told.get(requests("legacy", "meter", "no-answer")) === 1 && ems === 1 && legacy === 1;
    });
    const seen = await series(site), get = (name: string) => seen.get(name);
    equal(get(requests("scada", "meter", "answered"))! + get(requests("scada", "meter", "cached"))!, 5);
    equal(get(requests("scada", "meter", "refused")), 2);
    equal(get(requests("scada", "meter", "malformed")), 1);
    equal(get(requests("scada", "nobody", "no-path")), 1);
    equal(get('bulkhead_modbus_line_up{line="meter"}'), 1);
    equal(get('bulkhead_modbus_line_up{line="nobody"}'), 0);
    equal(get('bulkhead_modbus_line_queue{line="meter"}'), 0);
    equal(get('bulkhead_modbus_line_notes_total{kind="timeout",line="meter"}'), 1);
    ok(
      get('bulkhead_modbus_line_busy_seconds_total{line="meter"}')! >= PATIENCE_MS / 1_000,
      "the time-out was on the line",
    );
    equal(get('bulkhead_modbus_request_seconds_count{line="meter"}'), get(requests("scada", "meter", "answered")));
    equal(get('bulkhead_modbus_connections_refused_total{listener="ems",rule="peer.encoding"}'), 1);
    const names = Object.keys(METRICS).filter((name) => name.startsWith("bulkhead_modbus_"));
    deepEqual(
      names.filter((name) => ![...seen.keys()].some((key) => key.startsWith(name))),
      [],
      "every metric of the registry was told",
    );
    for (const each of [client, panel]) each.close();
    await waitFor("nobody to be there", async () => {
      return (await series(site)).get(clients("ems")) === 0;
    });
  });
  await device.stop();
});
