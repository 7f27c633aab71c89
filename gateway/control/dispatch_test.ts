import { deepEqual, equal, rejects } from "node:assert/strict";
import { StorageError } from "../core/errors.ts";
import type { AuditEvent } from "../core/control_api.ts";
import type { Audit, CommandHandler, ControlFeature } from "./contract.ts";
import { dispatchCommand } from "./dispatch.ts";

function rig(handler: CommandHandler, broken?: Error) {
  const order: string[] = [];
  const audited: AuditEvent[] = [];
  const audit: Audit = {
    record: (event) => {
      if (broken) return Promise.reject(broken);
      order.push("audited");
      return Promise.resolve({ sequence: audited.push(event) });
    },
  };
  const run: CommandHandler = (args, who) => {
    order.push("ran");
    return handler(args, who);
  };
  const features: ControlFeature[] = [{ name: "none" }, { name: "a", commands: { "station adopt": run } }];
  return { order, audited, dispatch: dispatchCommand.bind(undefined, { features, audit }) };
}
const answer: CommandHandler = (args, who) => Promise.resolve({ text: `${who} ${args["station"]}`, data: null });

Deno.test("dispatch: a command is audited under its person before it runs", async () => {
  const { order, audited, dispatch } = rig(answer);
  equal((await dispatch("station adopt", { station: "CP001", profile: "2" }, "eva")).text, "eva CP001");
  deepEqual(order, ["audited", "ran"]);
  deepEqual(audited, [{
    event: "control.command.ran",
    class: "access",
    who: "eva",
    target: "CP001",
    outcome: "ok",
    detail: { command: "station adopt" },
  }]);
});

Deno.test("dispatch: arguments other than the station never reach the audit chain", async () => {
  const { audited, dispatch } = rig(answer);
  await dispatch("station adopt", { station: "CP001", password: "hunter2", reason: "hunter2" }, "eva");
  equal(JSON.stringify(audited).includes("hunter2"), false);
});

Deno.test("dispatch: a command without a station is audited without a target", async () => {
  for (const args of [{}, { station: true }, { station: ["CP001"] }]) {
    const { audited, dispatch } = rig(answer);
    await dispatch("station adopt", args, "eva");
    equal(Object.hasOwn(audited[0]!, "target"), false);
  }
});

for (const name of ["station", "station adopt ", "STATION ADOPT", "toString", ""]) {
  Deno.test(`dispatch: refuses the unknown command "${name}" and audits nothing`, async () => {
    const { order, dispatch } = rig(answer);
    await rejects(dispatch(name, {}, "eva"), { code: "CTL_REFUSED", message: new RegExp(`no command "${name}"`) });
    deepEqual(order, []);
  });
}

Deno.test("dispatch: a command that cannot be audited does not run", async () => {
  const { order, dispatch } = rig(answer, new StorageError("STORE_FAILED", "disk full"));
  await rejects(dispatch("station adopt", {}, "eva"), { code: "STORE_FAILED" });
  deepEqual(order, []);
});

Deno.test("dispatch: the fault of a command is the caller's to read", async () => {
  const { dispatch } = rig(() => Promise.reject(new Error("no such profile")));
  await rejects(dispatch("station adopt", {}, "eva"), { message: "no such profile" });
});
