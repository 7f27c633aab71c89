import { deepEqual, equal } from "node:assert/strict";
import type { KernelSetting } from "./firewall.ts";
import { LinuxKernelSettings } from "./kernel_settings.ts";

const one = (name: string, value: 0 | 1): KernelSetting => ({ interface: name, key: "ipv4.forwarding", value });

Deno.test("kernel settings: an interface that exists is read and set, one that does not is named", async () => {
  const root = await Deno.makeTempDir();
  const file = `${root}/ipv4/conf/eth0.99/forwarding`;
  await Deno.mkdir(`${root}/ipv4/conf/eth0.99`, { recursive: true });
  await Deno.writeTextFile(file, "0\n");
  const settings = new LinuxKernelSettings(root);
  const wanted = [one("eth0.99", 1), one("eth7", 1)];
  deepEqual(await settings.read(wanted), [one("eth0.99", 0)]);
  await settings.write(wanted);
  equal(await Deno.readTextFile(file), "1\n");
  deepEqual(await settings.missing(wanted), ["eth7"]);
  await Deno.remove(root, { recursive: true });
});
