import { deepEqual, equal, rejects } from "node:assert/strict";
import { request } from "node:http";
import { runInGateway } from "../cli/control_client.ts";
import { GatewayError } from "../core/errors.ts";
import type { AuditEvent } from "../core/control_api.ts";
import { listenOnControlSocket, type RunCommand } from "./control_socket.ts";
import { dispatchCommand } from "./dispatch.ts";
import { CONTROL_LIMITS } from "./limits.ts";

async function withSocket(run: RunCommand, test: (path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/control.sock`;
  const socket = await listenOnControlSocket(path, run);
  try {
    await test(path);
  } finally {
    await socket.close();
    await Deno.remove(dir, { recursive: true });
  }
}

const echo: RunCommand = (command, args, who) => Promise.resolve({ text: command, data: { args, who } as never });

Deno.test("control socket: carries a command and its answer", () =>
  withSocket(echo, async (path) => {
    const { text, data } = await runInGateway(path, "stations", { inbox: true }, "eva@site");
    deepEqual([text, data], ["stations", { args: { inbox: true }, who: "eva@site" }]);
  }));

Deno.test("control socket: only its owner may open it", () =>
  withSocket(echo, async (path) => {
    equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  }));

Deno.test("control socket: an error keeps its code and hint, an unexpected one gets a code", () =>
  withSocket((command) => {
    throw command === "a" ? new GatewayError("STATION_UNKNOWN", "none", { hint: "look" }) : new Error("oops");
  }, async (path) => {
    await rejects(runInGateway(path, "a", {}, "eva"), { code: "STATION_UNKNOWN", message: "none", hint: "look" });
    await rejects(runInGateway(path, "b", {}, "eva"), { code: "CTL_FAILED", message: "oops" });
  }));

Deno.test("invariant 17: the control socket acts for a named person only", () =>
  withSocket(echo, async (path) => {
    for (const who of ["", "a\nb", "x".repeat(65)]) {
      await rejects(runInGateway(path, "status", {}, who), { code: "CTL_REFUSED" });
    }
  }));

Deno.test("control socket: takes a command up to its limit of bytes and refuses one past it", () =>
  withSocket(echo, async (path) => {
    const frame = JSON.stringify({ command: "c", args: { x: "" }, who: "eva" }).length;
    const filler = "x".repeat(CONTROL_LIMITS.commandBytes - frame);
    equal((await runInGateway(path, "c", { x: filler }, "eva")).text, "c");
    await rejects(runInGateway(path, "c", { x: `${filler}x` }, "eva"), { code: "CTL_REFUSED" });
  }));

Deno.test("control socket: runs up to its limit of commands at once and refuses one past it", async () => {
  const gate = Promise.withResolvers<void>();
  const slow: RunCommand = async () => {
    await gate.promise;
    return { text: "done", data: null };
  };
  await withSocket(slow, async (path) => {
    const running = Array.from({ length: CONTROL_LIMITS.commandsRunning }, () => runInGateway(path, "c", {}, "eva"));
    const refused = runInGateway(path, "c", {}, "eva").finally(gate.resolve);
    const settled = await Promise.allSettled([refused, ...running]);
    equal(settled.filter(({ status }) => status === "rejected").length, 1);
    equal(settled.filter(({ status }) => status === "fulfilled").length, CONTROL_LIMITS.commandsRunning);
  });
});

Deno.test("control socket: anything but POST /command is not found", () =>
  withSocket(echo, async (path) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    request({ socketPath: path, path: "/", method: "GET" }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    }).on("error", reject).end();
    equal(await promise, 404);
  }));

Deno.test("control socket: what is no command is refused as such", () =>
  withSocket(echo, async (path) => {
    const send = (body: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
      request({ socketPath: path, path: "/command", method: "POST" }, (response) => {
        let text = "";
        response.on("data", (part: Uint8Array) => text += new TextDecoder().decode(part));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      }).on("error", reject).end(body);
      return promise;
    };
    for (
      const body of [
        "{",
        "null",
        '"x"',
        '{"command":"c","who":"eva","args":{"a":{"b":1}}}',
        '{"command":7,"who":"eva"}',
      ]
    ) {
      const { status, text } = await send(body);
      equal(status, 400, body);
      equal(JSON.parse(text).error.code, "CTL_REFUSED", body);
    }
  }));

Deno.test("dispatch: a command that fails leaves a record that says so", async () => {
  const outcomes: string[] = [];
  const audit = {
    record: ({ outcome, detail }: AuditEvent) =>
      Promise.resolve({ sequence: outcomes.push(`${outcome} ${detail?.["code"]}`) }),
  };
  const features = [{ name: "x", commands: { why: () => Promise.reject(new GatewayError("STATION_UNKNOWN", "no")) } }];
  await rejects(dispatchCommand({ features, audit }, "why", {}, "eva"), { code: "STATION_UNKNOWN" });
  deepEqual(outcomes, ["ok undefined", "failed STATION_UNKNOWN"]);
});

Deno.test("control socket: without a gateway the command line says so", async () => {
  await rejects(runInGateway("/nonexistent/control.sock", "status", {}, "eva"), { code: "CTL_NOT_RUNNING" });
});

Deno.test("dispatch: audits who ran what before it runs, and refuses what no feature knows", async () => {
  const order: string[] = [];
  const audit = {
    record: ({ who, target, detail }: AuditEvent) =>
      Promise.resolve({ sequence: order.push(`${who} ${target} ${JSON.stringify(detail)}`) }),
  };
  const why = () => Promise.resolve({ text: String(order.push("ran")), data: null });
  const features = [{ name: "x", commands: { why } }];
  await dispatchCommand({ features, audit }, "why", { station: "CP1" }, "eva");
  deepEqual(order, ['eva CP1 {"command":"why"}', "ran"]);
  await rejects(dispatchCommand({ features, audit }, "nope", {}, "eva"), { code: "CTL_REFUSED" });
});
