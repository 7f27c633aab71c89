import { deepEqual, equal, rejects } from "node:assert/strict";
import type { DeviceCapabilities } from "../../../core/device_operations_api.ts";
import type { DeviceWish } from "../../../people/device_gate.ts";
import type { CommandArgs } from "../../contract.ts";
import { gatedCommands } from "./gated_commands.ts";

const NEEDS: DeviceCapabilities["needs"] = {
  firmware: "manufacturer",
  logs: "operator",
  configuration: "installer",
  write: "user",
};
const CALLER = { source: "10.99.0.7", secondFactorAt: 5 };

function rig(refusal?: Error, accounts: Record<string, string> = {}) {
  const asked: unknown[] = [], ran: string[] = [];
  const run = (name: string) => ({ role }: CommandArgs, who: string) => {
    ran.push([name, who, ...name === "import" ? [role] : []].join(" "));
    return Promise.resolve({ text: "", data: {} });
  };
  const names = ["capabilities", "download", "file", "firmware", "import", "password", "prove", "reboot"];
  const commands = gatedCommands(Object.fromEntries(names.map((name) => [`device ${name}`, run(name)])), {
    gate: {
      enter: (who, caller, wish: DeviceWish) => {
        asked.push([who, caller.source, wish.deviceRole, wish.capability, wish.reason]);
        return refusal ? Promise.reject(refusal) : Promise.resolve();
      },
    },
    operations: {
      capabilities: () => ({ needs: NEEDS }),
      accountFor: (_: string, needs: string) => Promise.resolve(accounts[needs]),
    } as never,
  });
  return {
    asked,
    ran,
    run: (name: string, args: CommandArgs) => commands[`device ${name}`]!({ station: "a", ...args }, "mia", CALLER),
    commands,
  };
}

const JUDGED: readonly [name: string, args: CommandArgs, role: string, capability: string, reason: string][] = [
  ["firmware", { because: "advisory 7" }, "manufacturer", "firmware", "advisory 7"],
  ["firmware", { because: " x " }, "manufacturer", "firmware", "device firmware"],
  ["download", { what: "logs" }, "operator", "view", "device download"],
  ["download", { what: "configuration" }, "installer", "view", "device download"],
  ["import", {}, "user", "edit", "device import"],
  ["import", { role: "installer" }, "installer", "edit", "device import"],
  ["password", { role: "operator" }, "operator", "secrets", "device password"],
];
for (const [name, args, role, capability, reason] of JUDGED) {
  Deno.test(`device gate: ${name} ${JSON.stringify(args)} is judged as ${role}, ${capability}`, async () => {
    const own = rig();
    await own.run(name, args);
    deepEqual(own.asked, [["mia", "10.99.0.7", role, capability, reason]]);
    deepEqual(
      own.ran,
      [name === "import" ? `import mia ${role}` : `${name} mia`],
      "what is written is judged as that role",
    );
  });
}

Deno.test("device gate: an account above what the work needs is judged as what it is; another argument changes nothing", async () => {
  const own = rig(undefined, { operator: "manufacturer" });
  await own.run("download", { what: "logs" });
  await own.run("download", { what: "logs", role: "user" });
  deepEqual(own.asked.map((asked) => (asked as string[])[2]), ["manufacturer", "manufacturer"]);
});

Deno.test("device gate: a refusal reaches no controller; trying logins and reading lists is not judged by grants", async () => {
  const own = rig(new Error("no grant"));
  await rejects(own.run("firmware", {}), /no grant/);
  deepEqual(own.ran, []);
  for (const name of ["capabilities", "file", "prove"]) await own.run(name, {});
  deepEqual([own.asked.length, own.ran.length], [1, 3]);
});

Deno.test("device gate: what the driver cannot do is not asked for; the control socket of the box is not judged", async () => {
  const own = rig(new Error("no grant"));
  await own.run("reboot", {});
  equal(own.asked.length, 0, "the driver has no way to restart");
  await own.commands["device firmware"]!({ station: "a" }, "root");
  deepEqual(own.ran, ["reboot mia", "firmware root"]);
});
