import { strict as assert } from "node:assert";
import { TestCa, type TestCertificateOptions } from "../../tests/support/test_ca.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { writeName } from "./distinguished_name.ts";
import { generalName } from "./extension_writer.ts";
import { GENERAL_NAME, type GeneralName } from "./extensions.ts";
import { faultOfNames } from "./name_constraints.ts";

const ca = new TestCa();
const certificate = (options: TestCertificateOptions): Certificate => readCertificate(ca.issue(options).der);
const host = (...altNames: string[]) => certificate({ subject: [], altNames });

const dns = (text: string): GeneralName => ({ kind: GENERAL_NAME.dns, text, bytes: new TextEncoder().encode(text) });
const network = (...bytes: number[]): GeneralName => ({ kind: GENERAL_NAME.ip, bytes: new Uint8Array(bytes) });
const directory = (...parts: Parameters<typeof writeName>[0]): GeneralName => ({
  kind: GENERAL_NAME.directory,
  bytes: writeName(parts),
});
const only = (...permitted: GeneralName[]) => ({ permitted, excluded: [] });
const never = (...excluded: GeneralName[]) => ({ permitted: [], excluded });
const LOOPBACK = network(127, 0, 0, 0, 255, 0, 0, 0);

for (
  const { name, tree, isWithin } of [
    { name: "garage.example", tree: "garage.example", isWithin: true },
    { name: "a.garage.example", tree: "garage.example", isWithin: true },
    { name: "A.GARAGE.example", tree: "garage.EXAMPLE", isWithin: true },
    { name: "evilgarage.example", tree: "garage.example", isWithin: false },
    { name: "garage.example.evil.org", tree: "garage.example", isWithin: false },
    { name: "example", tree: "garage.example", isWithin: false },
    { name: "a.garage.example", tree: ".garage.example", isWithin: true },
    { name: "garage.example", tree: ".garage.example", isWithin: false },
    { name: "anything.org", tree: "", isWithin: true },
  ]
) {
  Deno.test(`name constraints: ${name} is ${isWithin ? "" : "not "}within "${tree}"`, () => {
    const permitted = faultOfNames(host(name), only(dns(tree)));
    const excluded = faultOfNames(host(name), never(dns(tree)));
    if (isWithin) assert.equal(permitted, undefined);
    else assert.match(permitted!, /outside of the CA's name constraints/);
    if (isWithin) assert.match(excluded!, /excluded/);
    else assert.equal(excluded, undefined);
  });
}

for (
  const { name, address, tree, isWithin } of [
    { name: "an address of the network", address: "127.9.9.9", tree: LOOPBACK, isWithin: true },
    { name: "an address beside it", address: "128.0.0.1", tree: LOOPBACK, isWithin: false },
    { name: "the last of a /30", address: "10.0.0.3", tree: network(10, 0, 0, 0, 255, 255, 255, 252), isWithin: true },
    { name: "one past a /30", address: "10.0.0.4", tree: network(10, 0, 0, 0, 255, 255, 255, 252), isWithin: false },
    {
      name: "host bits in the tree",
      address: "10.0.0.9",
      tree: network(10, 0, 0, 7, 255, 255, 255, 0),
      isWithin: true,
    },
    { name: "IPv6 against an IPv4 network", address: "::1", tree: network(0, 0, 0, 0, 0, 0, 0, 0), isWithin: false },
  ]
) {
  Deno.test(`name constraints: ${name} is ${isWithin ? "" : "not "}within`, () => {
    assert.equal(faultOfNames(host(address), only(tree)) === undefined, isWithin);
  });
}

Deno.test("name constraints: every name must be within, one stray name is enough to refuse", () => {
  assert.equal(faultOfNames(host("a.ok.example", "b.ok.example"), only(dns("ok.example"))), undefined);
  assert.match(faultOfNames(host("a.ok.example", "evil.org"), only(dns("ok.example")))!, /evil\.org/);
});

Deno.test("name constraints: what is excluded stays so within what is permitted", () => {
  const constraints = { permitted: [dns("example")], excluded: [dns("secret.example")] };
  assert.equal(faultOfNames(host("open.example"), constraints), undefined);
  assert.match(faultOfNames(host("a.secret.example"), constraints)!, /excluded/);
});

Deno.test("name constraints: a form that is not constrained is free", () => {
  assert.equal(faultOfNames(host("anything.org"), only(LOOPBACK)), undefined);
  assert.equal(faultOfNames(host("10.1.1.1"), only(dns("example"))), undefined);
});

Deno.test("name constraints: the subject is judged by directory names, part by part from the root", () => {
  const cpo = certificate({ subject: [["C", "DE"], ["O", "CPO"], ["CN", "CP001"]] });
  assert.equal(faultOfNames(cpo, only(directory(["C", "DE"], ["O", "CPO"]))), undefined);
  assert.match(faultOfNames(cpo, only(directory(["O", "CPO"])))!, /outside/);
  assert.match(faultOfNames(cpo, only(directory(["C", "DE"], ["O", "CPO"], ["CN", "CP001"], ["OU", "x"])))!, /outside/);
  assert.match(faultOfNames(cpo, never(directory(["C", "DE"])))!, /excluded/);
});

Deno.test("name constraints: a form that is constrained but not understood is refused either way", () => {
  const mail: GeneralName = { kind: GENERAL_NAME.email, text: "example", bytes: new Uint8Array() };
  const name: GeneralName = { kind: GENERAL_NAME.email, text: "a@example", bytes: new Uint8Array() };
  const plain = host("a.example");
  const withMail = { ...plain, extensions: { ...plain.extensions, altNames: [name] } };
  assert.match(faultOfNames(withMail, only(mail))!, /outside/);
  assert.match(faultOfNames(withMail, never(mail))!, /excluded/);
});

Deno.test("name constraints: an address tree with a cut mask lets nothing through", () => {
  assert.deepEqual([...generalName("10.0.0.1")], [0x87, 4, 10, 0, 0, 1]);
  assert.match(faultOfNames(host("10.0.0.1"), only(network(10, 0, 0, 0, 255, 0, 0)))!, /outside/);
});
