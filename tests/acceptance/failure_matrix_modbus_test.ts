import { deepEqual, equal, match } from "node:assert/strict";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { TcpDevice } from "../../gateway/demo/modbus/tcp_device.ts";
import { freePort } from "../support/free_port.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { withLightSite } from "../support/light_site.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { waitFor } from "../support/wait_for.ts";

const LISTENER = { id: "panel", plaintext: "isolated-segment" } as const;

Deno.test("failure matrix: what a Modbus line that is away does to the rest of the site", async (test) => {
  const registers = new Registers();
  registers.set("holding", 1, 42);
  const units = new Map([[1, registers]]);
  const port = freePort(); // it comes back on it
  let device = await TcpDevice.start(units, port);
  const { tls: listenPort } = reservePorts();
  const modbus = {
    listeners: [{ ...LISTENER, listen: `127.0.0.1:${listenPort}` }],
    lines: [{ id: "meter", tcp: `127.0.0.1:${port}`, reconnectDelayMs: 50 }],
    units: [{ unit: 1, line: "meter", device: 1 }],
    mode: "observe",
  };
  await withLightSite(2, {}, async ({ stations, old, command }) => {
    const client = await ModbusClient.connect(listenPort);
    deepEqual(await client.read(1, 3, 1), [42]);
    await device.stop();
    await waitFor("the line to be away", async () => (await client.read(1, 3, 1))[0] === -0x0a);

    await test.step("failure matrix: a Modbus line or its device / stations connected: open: they charge on", async () => {
      await stations[0]!.start();
      await stations[0]!.meter();
      equal(old.of("MeterValues").length, 1);
    });
    await test.step("failure matrix: a Modbus line or its device / new station connections: open", async () => {
      stations[1]!.powerOff();
      await waitFor("it to be gone", () => !old.stations.includes("CP001"));
      stations[1]!.powerOn();
      await waitFor("it to be back", () => old.stations.includes("CP001") && stations[1]!.isUp);
    });
    await test.step("failure matrix: a Modbus line or its device / transaction messages: open: none is lost", async () => {
      for (let i = 0; i < 10; i++) await stations[0]!.meter();
      await stations[0]!.stop();
      deepEqual([old.of("MeterValues").length, old.of("StopTransaction").length], [11, 1]);
    });
    await test.step("failure matrix: a Modbus line or its device / people and commands: open: `modbus lines` and `alarms list` name the line; its clients get exception 0A and keep their connections", async () => {
      match((await command("modbus lines")).text, /meter.*DOWN/);
      await waitFor("the alarm", async () => /modbus\.line\.down +meter/.test((await command("alarms list")).text));
      deepEqual(await client.read(1, 3, 1), [-0x0a]);
    });
    await test.step("failure matrix: a Modbus line or its device / audit: open: the alarm is recorded", async () => {
      await waitFor(
        "the record",
        async () => /modbus\.line\.down/.test((await command("audit tail", { lines: "500" })).text),
      );
    });
    await test.step("failure matrix: a Modbus line or its device / back in service: by itself: the next request that comes after a pause opens it again, and the alarm ends", async () => {
      device = await TcpDevice.start(units, port);
      await waitFor("the device", async () => (await client.read(1, 3, 1))[0] === 42);
      await waitFor("the end", async () => !/modbus\.line\.down/.test((await command("alarms list")).text));
    });
    client.close();
  }, { modbus });
  await device.stop();
});
