import { deepEqual, equal } from "node:assert/strict";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { TcpDevice } from "../../gateway/demo/modbus/tcp_device.ts";
import { HaldProcess } from "../support/hald_process.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { type ModbusSite, withModbusSite } from "../support/modbus_site.ts";
import { SerialLine } from "../support/serial_line.ts";
import { waitFor } from "../support/wait_for.ts";

/** A controller of profile bender-cc, as far as it is needed here. */
function station(): Registers {
  const registers = new Registers();
  for (let at = 0; at < 1_200; at++) registers.set("holding", at, 0);
  return registers;
}

const LIMIT = 1_000, SERIAL = 1, TCP = 2;

Deno.test("failure matrix: Modbus while hald is away", async (t) => {
  await using line = await SerialLine.open(115_200, new Map([[1, station()]]));
  await using hald = await HaldProcess.start([line.device]);
  const device = await TcpDevice.start(new Map([[1, station()]]));
  const serial = { device: line.device, baud: line.baud, parity: "none", stopBits: 1, listenSeconds: 0 };
  const lines = [
    { id: "serial", serial, reconnectDelayMs: 100 },
    { id: "tcp", tcp: `127.0.0.1:${device.port}` },
  ];
  const units = [
    { unit: SERIAL, line: "serial", device: 1, profile: "bender-cc" },
    { unit: TCP, line: "tcp", device: 1, profile: "bender-cc" },
  ];
  await withModbusSite({ lines, units, site: { hal: { socket: hald.socket } } }, async (site) => {
    const ems = await connect(site, "ems-1");
    for (const unit of [SERIAL, TCP]) equal(await ems.write(unit, LIMIT, 10), 0);
    await hald.kill();
    const alarms = async () => (await site.gateway.command("alarms list")).text;
    await waitFor("the alarm", async () => /modbus\.line\.down +serial/.test(await alarms()));
    const written = line.units.get(1)!.writes.length;

    await t.step(
      "failure matrix: Modbus: hald / clients that are connected: closed for serial lines: exception 0A; open for TCP lines",
      async () => {
        deepEqual(await ems.read(SERIAL, 3, LIMIT), [-0x0a]);
        deepEqual(await ems.read(TCP, 3, LIMIT), [10]);
      },
    );
    await t.step("failure matrix: Modbus: hald / clients that connect: open", async () => {
      const client = await connect(site, "ems-3");
      deepEqual(await client.read(TCP, 3, LIMIT), [10]);
      client.close();
    });
    await t.step(
      "failure matrix: Modbus: hald / writes and who commands: closed for serial lines: 0A and nothing is written later; leases hold",
      async () => {
        equal(await ems.write(SERIAL, LIMIT, 16), -0x0a);
        const rival = await connect(site, "ems-2");
        equal(await rival.write(TCP, LIMIT, 16), -1);
        rival.close();
      },
    );
    await t.step(
      "failure matrix: Modbus: hald / back in service: by itself within seconds, and the alarm ends",
      async () => {
        await hald.restart([line.device]);
        await waitFor("the serial line", async () => (await ems.read(SERIAL, 3, LIMIT))[0] === 10);
        await waitFor("the end of the alarm", async () => !/modbus\.line\.down/.test(await alarms()));
        equal(line.units.get(1)!.writes.length, written, "what was refused was not written");
      },
    );
    ems.close();
  });
  await device.stop();
});

function connect(site: ModbusSite, name: string): Promise<ModbusClient> {
  const { certPem: cert, keyPem: key } = site.client(name, "Manager");
  return ModbusClient.connect(site.tlsPort, { ca: [site.ca.pem], cert, key, servername: "localhost" });
}
