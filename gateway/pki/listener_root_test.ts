import { equal } from "node:assert/strict";
import { TestCa } from "../../tests/support/test_ca.ts";
import { readCertificate } from "./certificate.ts";
import { rootOf } from "./listener_root.ts";
import { readPem } from "./pem.ts";

const CA = new TestCa("Root");
const OTHER = new TestCa("Other root");
const SERVER = CA.server(["gw.example"]);
const der = (pem: string) => readCertificate(readPem(pem, "CERTIFICATE")[0]!);
const identity = (certPem: string) => ({ keyType: "ec" as const, names: ["gw.example"], certPem, keyPem: "" });

Deno.test("listener root: found in the listener's own chain or among the CAs that are known here", () => {
  const own = CA.certificate.certPem;
  const inChain = rootOf(identity(SERVER.certPem + own), []);
  equal(der(inChain!.pem).fingerprint, der(own).fingerprint);
  equal(inChain!.keyType, "ec");
  const known = rootOf(identity(SERVER.certPem), [der(OTHER.certificate.certPem), der(own)]);
  equal(der(known!.pem).fingerprint, der(own).fingerprint);
});

Deno.test("listener root: undefined when it is somebody else's, or there is no certificate", () => {
  equal(rootOf(identity(SERVER.certPem), [der(OTHER.certificate.certPem)]), undefined);
  equal(rootOf(undefined, []), undefined);
});
