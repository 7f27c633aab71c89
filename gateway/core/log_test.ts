import { deepEqual, equal } from "node:assert/strict";
import { configureLogging, createLogger, LOG_LEVELS, type LogLevel, nullLogger } from "./log.ts";

/** Lines written while `act` ran, parsed. Logging is one per isolate: it is put back to silence. */
function written(act: () => void, level: LogLevel = "debug"): { raw: string[]; lines: Record<string, unknown>[] } {
  const raw: string[] = [];
  configureLogging((line) => raw.push(line), level);
  act();
  configureLogging(() => {}, "error");
  return { raw, lines: raw.map((line) => JSON.parse(line)) };
}

Deno.test("log: one JSON line says when, how bad, what, where, and the fields", () => {
  const { lines } = written(() => createLogger("ocpp").warn("ocpp.link.lost", { station: "CP001", seconds: 3 }));
  const [{ ts, ...line }] = lines as [Record<string, unknown>];
  deepEqual(line, { level: "warn", event: "ocpp.link.lost", module: "ocpp", station: "CP001", seconds: 3 });
  equal(new Date(String(ts)).toISOString(), ts);
});

for (const [index, level] of LOG_LEVELS.entries()) {
  Deno.test(`log: at level ${level} nothing less severe is written`, () => {
    const { lines } = written(() => {
      for (const each of LOG_LEVELS) createLogger("x")[each]("x.y.z");
    }, level);
    deepEqual(lines.map((line) => line["level"]), LOG_LEVELS.slice(index));
  });
}

Deno.test("log: fields of a logger are on each of its lines, the nearest wins, and its parent has none of them", () => {
  const { lines } = written(() => {
    const parent = createLogger("x", { worker: "a" });
    parent.with({ worker: "b", station: "CP001" }).info("x.y.z", { station: "CP002" });
    parent.info("x.y.z");
  });
  deepEqual(lines.map(({ worker, station }) => [worker, station]), [["b", "CP002"], ["a", undefined]]);
});

Deno.test("log: a value with line breaks, quotes or braces stays one line and one value", () => {
  const text = 'a\n{"level":"error"}\r\u2028"{station}"';
  const { raw, lines } = written(() => createLogger("x").info("x.y.z", { msg: text, station: "CP001" }));
  equal(raw.length, 1);
  equal(raw[0]!.includes("\n"), false);
  equal(lines[0]!["msg"], text);
});

Deno.test("log: a field cannot forge the time, level, event or module of its line", () => {
  const forged = { ts: "never", level: "debug", event: "forged", module: "forged" };
  const { lines } = written(() => createLogger("x").error("x.y.z", forged));
  const { ts, level, event, module } = lines[0]!;
  deepEqual([ts === "never", level, event, module], [false, "error", "x.y.z", "x"]);
});

for (
  const name of [
    "password",
    "upstreamPassword",
    "secret",
    "clientSecret",
    "accessToken",
    "authorization",
    "idTag",
    "cookie",
    "pin",
  ]
) {
  Deno.test(`log: the value of a field named ${name} is never written (invariant 6)`, () => {
    const { raw, lines } = written(() => createLogger("x").with({ [name]: "hunter2" }).info("x.y.z", { station: "A" }));
    equal(raw[0]!.includes("hunter2"), false);
    deepEqual([lines[0]![name], lines[0]!["station"]], ["[removed]", "A"]);
  });
}

Deno.test("log: the null logger and its children write nothing", () => {
  const { raw } = written(() => {
    for (const level of LOG_LEVELS) nullLogger.with({ a: 1 })[level]("x.y.z");
  });
  deepEqual(raw, []);
});
