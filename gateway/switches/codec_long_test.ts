import { mutate } from "../../tests/support/mutate.ts";
import { ProtocolError } from "../core/errors.ts";
import { decodeScoped, decodeV2c, decodeV3, encodeScoped, encodeV2c, encodeV3, type Pdu } from "./codec.ts";
import { viewOf, WANTED_TABLES } from "./codec_tables.ts";
import type { SnmpValue } from "./codec_ber.ts";
import { answerPdu, FakeSwitch, numberValue, octetsValue, textValue } from "./testing/fake_switch.ts";

const QUESTION: Pdu = {
  kind: "bulk",
  requestId: 77,
  first: 0,
  second: 24,
  bindings: [{ oid: "1.3.6.1.2.1.17.4.3.1.2.2.0.0.0.0.17", value: { kind: "nothing" } }],
};
const USER = { user: "reader", hash: "sha256", authPassword: "authpass1", privacyPassword: "privpass1" } as const;

function survives(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

Deno.test("snmp codec: 10,000 mutated messages of each version", () => {
  const fake = new FakeSwitch();
  fake.rows = [["1.3.6.1.2.1.1.5.0", textValue("sw")], ["1.3.6.1.2.1.17.4.3.1.2.2.0.0.0.0.17", numberValue(3)]];
  const asked = encodeV2c("read", QUESTION);
  const plain = [asked, fake.answerV2c(asked, "read")!];
  for (const bytes of mutate(plain, { count: 10_000, seed: 20_261_121 })) survives(decodeV2c, bytes);
  const engine = fake.engineId;
  const head = {
    messageId: 1,
    isAuthenticated: false,
    isEncrypted: false,
    engineId: engine,
    boots: 0,
    time: 0,
    user: "u",
  };
  const user = [
    encodeV3(head, encodeScoped(engine, QUESTION), { authenticationBytes: 24, salt: new Uint8Array(8) }).bytes,
    fake.report(5, "1.3.6.1.6.3.15.1.1.4.0"),
    fake.answerV3(
      encodeV3({ ...head, engineId: new Uint8Array() }, encodeScoped(engine, QUESTION), {
        authenticationBytes: 0,
        salt: new Uint8Array(),
      }).bytes,
      USER,
    ),
  ];
  for (const bytes of mutate(user, { count: 10_000, seed: 161 })) {
    survives((given) => decodeScoped(decodeV3(given).data), bytes);
  }
});

Deno.test("snmp codec: tables of whatever values make a view", () => {
  const rows = [["1.3.1", octetsValue(1, 2)], ["1.3.2", numberValue(1)]] as const;
  const pdu = answerPdu(0xa2, { requestId: 1, rows });
  const values: SnmpValue[] = [
    { kind: "number", number: Number.MAX_VALUE },
    { kind: "number", number: -1 },
    { kind: "octets", octets: pdu },
    { kind: "octets", octets: new Uint8Array() },
    { kind: "oid", oid: "1.3" },
    { kind: "nothing" },
  ];
  const indexes = [
    "",
    "0",
    "1",
    "-1",
    "1.2",
    "2.0.0.0.0.17",
    "1.2.0.0.0.0.17",
    "1.999.0.0.0.0.17",
    "x",
    "9".repeat(30),
  ];
  for (let seed = 0; seed < 2_000; seed++) {
    const tables = WANTED_TABLES.map((_, at) =>
      new Map(indexes.map((index, row) => [index, values[(seed * 7 + at * 3 + row) % values.length]!]))
    );
    JSON.stringify(viewOf(tables, false));
  }
});
