import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { OCPP_VERSIONS } from "./codec.ts";
import { relax } from "./schemas/generate.ts";
import { RELAXATIONS } from "./schemas/relaxations.ts";
import { createSchemaCheck, loadSchemaCheck } from "./validation.ts";

const BOOT = { chargePointVendor: "Bender", chargePointModel: "CC613" };
const BOOT_2 = { reason: "PowerUp", chargingStation: { vendorName: "Bender", model: "CC613" } };

Deno.test("validation: good messages of all versions pass", async () => {
  const [v16, v201, v21] = await Promise.all(OCPP_VERSIONS.map((version) => loadSchemaCheck(version)));
  equal(v16!.call("BootNotification", BOOT), undefined);
  equal(
    v16!.call("SignedUpdateFirmware", {
      requestId: 1,
      firmware: {
        location: "https://a/f",
        retrieveDateTime: "2026-01-01T00:00:00Z",
        signingCertificate: "c",
        signature: "s",
      },
    }),
    undefined,
  );
  for (const check of [v201!, v21!]) equal(check.call("BootNotification", BOOT_2), undefined);
  equal(
    v16!.result("BootNotification", { status: "Accepted", currentTime: "2026-01-01T00:00:00Z", interval: 300 }),
    undefined,
  );
});

Deno.test("validation: what is wrong is said without any value of the payload", async () => {
  const check = await loadSchemaCheck("ocpp1.6");
  equal(check.call("BootNotification", { chargePointVendor: "Bender" }), '/ breaks required "chargePointModel"');
  equal(check.call("BootNotification", { ...BOOT, chargePointModel: 7 }), "/chargePointModel breaks type");
  equal(check.call("BootNotification", { ...BOOT, vendorExtra: 1 }), '/ breaks additionalProperties "vendorExtra"');
  equal(check.call("BootNotification", { ...BOOT, ["<script>"]: 1 }), "/ breaks additionalProperties");
  equal(check.call("Authorize", { idTag: "x".repeat(21) }), "/idTag breaks maxLength 20");
  for (const payload of [undefined, null, [], 1, "x"]) ok(check.call("BootNotification", payload));
});

Deno.test("validation: an action that the version has not, also one named as a method of objects", async () => {
  const check = await loadSchemaCheck("ocpp1.6");
  for (const action of ["TransactionEvent", "constructor", "__proto__", "toString", "BootNotificationRequest"]) {
    equal(check.call(action, {}), "unknown-action");
    equal(check.result(action, {}), undefined);
  }
});

Deno.test("validation: never changes the message", async () => {
  const check = await loadSchemaCheck("ocpp1.6");
  const payload = Object.freeze({ ...BOOT, vendorExtra: Object.freeze({ a: 1 }) });
  check.call("BootNotification", payload);
  equal(payload, { ...BOOT, vendorExtra: { a: 1 } });
});

Deno.test("validation: a schema that says nothing is still a fault", () => {
  const check = createSchemaCheck({ XRequest: Object.assign(() => false, { errors: null }) });
  equal(check.call("X", {}), "breaks its schema");
  const long = [{ instancePath: `/${"a".repeat(200)}`, keyword: "type", params: {} }];
  equal(
    createSchemaCheck({ XRequest: Object.assign(() => false, { errors: long }) }).call("X", {}),
    "(path) breaks type",
  );
});

Deno.test("validation: relaxations hold: serial numbers of the field pass, one character more does not", async () => {
  const check = await loadSchemaCheck("ocpp1.6");
  const boot = (length: number) =>
    check.call("BootNotification", { ...BOOT, chargePointSerialNumber: "s".repeat(length) });
  equal([boot(34), boot(50), boot(51)], [undefined, undefined, "/chargePointSerialNumber breaks maxLength 50"]);
  const v201 = await loadSchemaCheck("ocpp2.0.1");
  const boot2 = (length: number) =>
    v201.call("BootNotification", {
      ...BOOT_2,
      chargingStation: { ...BOOT_2.chargingStation, serialNumber: "s".repeat(length) },
    });
  equal([boot2(50), boot2(51) === undefined], [undefined, false]);
});

Deno.test("validation: every relaxation says why, widens a limit that is there, and fits a schema", () => {
  const schemas = {
    X: {
      properties: { a: { type: "string", maxLength: 5 }, b: { items: { $ref: "#/definitions/B" } } },
      definitions: { B: { properties: { c: { maxLength: 3 } } } },
    },
  };
  const entry = { schemas: ["X"], path: ["a"], set: { maxLength: 9 }, strict: {}, because: "test" };
  equal((relax(schemas, [entry]).X as typeof schemas.X).properties.a.maxLength, 9);
  equal((relax(schemas, [{ ...entry, set: { maxLength: 2 } }]).X as typeof schemas.X).properties.a.maxLength, 5);
  const deep = relax(schemas, [{ ...entry, path: ["b", "*", "c"] }]).X as typeof schemas.X;
  equal(deep.definitions.B.properties.c.maxLength, 9);
  throws(() => relax(schemas, [{ ...entry, path: ["z"] }]), /no field z/);
  throws(() => relax(schemas, [{ ...entry, schemas: ["Y"] }]), /Cannot relax Y/);
  throws(() => relax(schemas, [{ ...entry, set: { minLength: 1 } }]), /no minLength/);
  for (const entry of Object.values(RELAXATIONS).flat()) ok(entry.because.length > 20);
});

Deno.test("validation: every action of the versions is there, the security extension of 1.6 included", async () => {
  const count = async (name: string) => Object.keys((await import(`./schemas/${name}.js`)).default).length;
  equal(await Promise.all(["ocpp16", "ocpp201", "ocpp21"].map(count)), [78, 128, 181]);
});

Deno.test("validation: the SEND of 2.1, whose schema has no Request in its name, is known", async () => {
  const check = await loadSchemaCheck("ocpp2.1");
  const stream = { id: 1, pending: 0, basetime: "2026-01-01T00:00:00Z", data: [{ t: 0, v: "1" }] };
  equal(check.call("NotifyPeriodicEventStream", stream), undefined);
  equal(check.call("NotifyPeriodicEventStream", { ...stream, id: "1" }), "/id breaks type");
});

Deno.test("validation: URLs of GetDiagnostics and UpdateFirmware are judged", async () => {
  const check = await loadSchemaCheck("ocpp1.6");
  const diagnostics = (location: string) => check.call("GetDiagnostics", { location });
  equal([diagnostics("ftp://a.example/x"), diagnostics("no url")], [undefined, "/location breaks format"]);
});
