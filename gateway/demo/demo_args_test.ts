import { deepEqual, throws } from "node:assert/strict";
import { demoPorts, parseDemoArgs } from "./demo_args.ts";

Deno.test("demo arguments: none means default ports, a table and no end", () => {
  deepEqual(parseDemoArgs([]), { portOffset: 0, plain: false });
  deepEqual(demoPorts(0), { console: 8443, tls: 8444, plain: 8445, metrics: 9464 });
});

Deno.test("demo arguments: both spellings of a value, any order", () => {
  deepEqual(parseDemoArgs(["--plain", "--seconds", "20", "--port-offset=100"]), {
    portOffset: 100,
    seconds: 20,
    plain: true,
  });
  deepEqual(demoPorts(100), { console: 8543, tls: 8544, plain: 8545, metrics: 9564 });
});

Deno.test("demo arguments: the limits of both numbers", () => {
  deepEqual(parseDemoArgs(["--seconds=5", "--port-offset=50000"]).seconds, 5);
  deepEqual(parseDemoArgs(["--seconds=86400"]).seconds, 86_400);
  throws(() => parseDemoArgs(["--seconds=4"]), /from 5 to 86400, got "4"/);
  throws(() => parseDemoArgs(["--seconds=86401"]), /CLI_USAGE|from 5/);
  throws(() => parseDemoArgs(["--port-offset=50001"]), /from 0 to 50000/);
});

for (
  const args of [["--second", "9"], ["9"], ["--seconds"], ["--seconds", "soon"], ["--seconds=-1"], ["--seconds=1e2"]]
) {
  Deno.test(`demo arguments: refuses ${JSON.stringify(args)}`, () => {
    throws(() => parseDemoArgs(args), { name: "GatewayError", code: "CLI_USAGE" });
  });
}
