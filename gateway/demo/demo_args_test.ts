import { deepEqual, equal, throws } from "node:assert/strict";
import { demoPorts, readDemoArgs } from "./demo_args.ts";

Deno.test("demo arguments: none means default ports, a table and no end", () => {
  deepEqual(readDemoArgs({}), { portOffset: 0, plain: false });
  deepEqual(demoPorts(0), {
    console: 8443,
    tls: 8444,
    plain: 8445,
    metrics: 9464,
    modbus: 8802,
    dns: 8053,
    pages: 8447,
  });
});

Deno.test("demo arguments: options are read and the offset moves every port", () => {
  deepEqual(readDemoArgs({ plain: true, seconds: "20", "port-offset": "100" }), {
    portOffset: 100,
    seconds: 20,
    plain: true,
  });
  deepEqual(demoPorts(100), {
    console: 8543,
    tls: 8544,
    plain: 8545,
    metrics: 9564,
    modbus: 8902,
    dns: 8153,
    pages: 8547,
  });
});

Deno.test("demo arguments: the limits of both numbers", () => {
  equal(readDemoArgs({ seconds: "5" }).seconds, 5);
  equal(readDemoArgs({ seconds: "86400" }).seconds, 86_400);
  equal(readDemoArgs({ "port-offset": "50000" }).portOffset, 50_000);
  throws(() => readDemoArgs({ seconds: "4" }), /from 5 to 86400, got "4"/);
  throws(() => readDemoArgs({ seconds: "86401" }), /from 5 to 86400/);
  throws(() => readDemoArgs({ "port-offset": "50001" }), /from 0 to 50000/);
});

for (const word of ["soon", "-1", "1e2", "", "9.5"]) {
  Deno.test(`demo arguments: refuses --seconds "${word}"`, () => {
    throws(() => readDemoArgs({ seconds: word }), { name: "GatewayError", code: "CLI_USAGE" });
  });
}
