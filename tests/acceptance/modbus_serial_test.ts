import { deepEqual, equal, ok } from "node:assert/strict";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { HaldProcess } from "../support/hald_process.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { type ModbusSite, withModbusSite } from "../support/modbus_site.ts";
import { SerialLine } from "../support/serial_line.ts";

/** A meter: voltages and currents of profile eastron-sdm630. */
function meter(volts: number): Registers {
  const registers = new Registers();
  for (let at = 0; at < 80; at += 2) registers.setFloat("input", at, volts + at);
  return registers;
}

const tlsOf = (site: ModbusSite, name: string, role?: string) => {
  const { certPem, keyPem } = site.client(name, role);
  return { ca: [site.ca.pem], cert: certPem, key: keyPem, servername: "localhost" };
};

const serialOf = (line: SerialLine, listenSeconds = 0) => ({
  ...{ device: line.device, baud: line.baud, parity: "none", stopBits: 1, listenSeconds },
});

Deno.test("modbus: ten clients share one line of 9600 baud fairly (max/min served <= 1.2), and no two frames meet on it", async () => {
  await using line = await SerialLine.open(9_600, new Map([[1, meter(230)], [2, meter(400)]]));
  await using hald = await HaldProcess.start([line.device]);
  const lines = [{ id: "meters", serial: serialOf(line), deadlineMs: 20_000 }];
  const units = [1, 2].map((unit) => ({ unit, line: "meters", device: unit })); // without profile: nothing from memory
  const rules = "- { id: raw, effect: allow, because: A test, roles: [Reader], access: read, unknown: true }\n";
  await withModbusSite({ lines, units, rules, site: { hal: { socket: hald.socket } } }, async (site) => {
    const clients = await Promise.all(
      Array.from({ length: 10 }, (_, at) => ModbusClient.connect(site.tlsPort, tlsOf(site, `ems-${at}`, "Reader"))),
    );
    const served = clients.map(() => 0);
    const end = performance.now() + 4_000;
    // Client 0 always has four requests waiting, and gains nothing by it.
    const askers = clients.flatMap((client, at) => Array.from({ length: at === 0 ? 4 : 1 }, () => ({ client, at })));
    await Promise.all(askers.map(async ({ client, at }) => {
      for (let turn = 0; performance.now() < end; turn++) {
        const values = await client.read(1 + turn % 2, 4, at * 2, 4);
        equal(values.length, 4, `client ${at} got ${values}`);
        if (performance.now() < end) served[at]!++;
      }
    }));
    const ratio = Math.max(...served) / Math.min(...served);
    ok(ratio <= 1.2, `requests served: ${served}, max/min ${ratio.toFixed(2)}`);
    deepEqual(line.overlaps(), []);
    equal(line.broken, 0);
    equal(clients.reduce((sum, { strays }) => sum + strays, 0), 0);
    for (const client of clients) client.close();
  });
});
