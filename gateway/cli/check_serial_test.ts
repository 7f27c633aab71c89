import { deepEqual, match } from "node:assert/strict";
import { startFakeHald } from "../../hal/fake_daemon.ts";
import type { SerialDevice } from "../../hal/serial_lines.ts";
import { Site } from "../config/schema.ts";
import { HardwareError } from "../core/errors.ts";
import { askSerialDevices } from "./ask_serial_devices.ts";
import { checkSerial } from "./check_serial.ts";

/** A site with these serial devices, one line each after a TCP line; without hal where `hal` says so. */
function siteOf(devices: readonly string[], hal: object | undefined = { socket: "hal.sock" }) {
  const lines = [
    { id: "tcp", tcp: "10.0.0.1:502" },
    ...devices.map((device, at) => ({ id: `s${at}`, serial: { device } })),
  ];
  const modbus = {
    listeners: [{ id: "a", listen: "127.0.0.1:802", tls: {} }],
    lines,
    units: [{ unit: 1, line: "tcp", device: 1 }],
  };
  const site = Site.parse({ version: 1, site: { id: "a" }, modbus, ...hal ? { hal } : {} });
  return { site, box: { configFile: "/etc/gw/site.yaml", configDir: "/etc/gw", dataDir: "/data" } };
}

async function findings(devices: readonly string[], known: readonly SerialDevice[]): Promise<string[]> {
  const asked: string[] = [];
  const found = await checkSerial(siteOf(devices), (socket) => {
    asked.push(socket);
    return Promise.resolve(known);
  });
  deepEqual(asked, devices.length === 0 ? [] : ["/etc/gw/hal.sock"]);
  return found.map(({ level, key, text }) => `${level}: ${key}: ${text}`);
}

const there = (device: string): SerialDevice => ({ device, isThere: true });

Deno.test("check serial: devices that hald lists and that are there are no finding; without serial lines nobody is asked", async () => {
  deepEqual(
    await findings(["/dev/ttyA", "/dev/ttyB"], [there("/dev/ttyB"), there("/dev/ttyA"), there("/dev/ttyC")]),
    [],
  );
  deepEqual(await findings([], []), []);
});

Deno.test("check serial: a device that hald.json does not list is a fault that says what to do", async () => {
  deepEqual(await findings(["/dev/ttyA", "/dev/ttyB"], [there("/dev/ttyA")]), [
    'fault: modbus.lines[2].serial.device: hald.json does not list "/dev/ttyB" under "serial": ' +
    "add it, then restart bulkhead-hald; listed are: /dev/ttyA",
  ]);
  match((await findings(["/dev/ttyA"], [])).join(), /listed are: none$/);
});

Deno.test("check serial: an adapter that is not plugged in is a warning", async () => {
  const [found] = await findings(["/dev/ttyA"], [{ device: "/dev/ttyA", isThere: false }]);
  match(found!, /^warning: modbus\.lines\[1\]\.serial\.device: there is no device "\/dev\/ttyA" now: .*plugged in/);
});

Deno.test("check serial: a hald that refuses or is too old is a warning with its reason", async () => {
  const refuse = () => Promise.reject(new HardwareError("HAL_CALLER_REFUSED", "This user may not call"));
  const [found] = await checkSerial(siteOf(["/dev/ttyA"]), refuse);
  match(`${found!.level}: ${found!.key}: ${found!.text}`, /^warning: hal\.socket: .*serial devices: .*may not call/);
});

Deno.test("check serial: asks the hald behind a socket", async () => {
  const folder = await Deno.makeTempDir(), socket = `${folder}/hal.sock`;
  const hald = await startFakeHald(socket);
  try {
    hald.serial.devices = [there("/dev/ttyA"), { device: "/dev/ttyB", isThere: false }];
    deepEqual(await askSerialDevices(socket), hald.serial.devices);
  } finally {
    await hald.close();
    await Deno.remove(folder, { recursive: true });
  }
});
