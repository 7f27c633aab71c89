import { equal } from "node:assert/strict";
import { LinuxNeighbours } from "../../hal/linux_neighbours.ts";
import { runOk } from "../support/run_command.ts";
import { TestNet } from "../support/test_net.ts";

Deno.test("neighbours: the kernel's table tells the network card behind an address, and nothing of who is silent or itself", async () => {
  await using net = new TestNet();
  const [gw, station] = [await net.add("gw"), await net.add("station")];
  await net.link("ot0", gw, "10.20.0.1/24", station, "10.20.0.11/24");
  const [{ address: mac }] = JSON.parse(await runOk(["ip", "-n", station, "-json", "link", "show", "ot0"]));
  const inGateway = new LinuxNeighbours(async ({ program, args }) => {
    return new TextEncoder().encode(await runOk(["ip", "netns", "exec", gw, program, ...args]));
  });
  equal(await inGateway.macOf("10.20.0.11"), undefined, "nobody has talked yet");
  // Any packet makes the kernel look; a closed port is as good as an open one.
  const probe = "try { await Deno.connect({ hostname: '10.20.0.11', port: 9 }) } catch {}";
  await runOk(["ip", "netns", "exec", gw, Deno.execPath(), "eval", probe]);
  equal(await inGateway.macOf("10.20.0.11"), mac);
  equal(await inGateway.macOf("10.20.0.1"), undefined, "its own address");
  equal(await inGateway.macOf("10.20.0.99"), undefined, "nobody's");
});
