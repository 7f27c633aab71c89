import { equal } from "node:assert/strict";
import { STAND_IN_LIMITS } from "./limits.ts";
import { TransactionIds } from "./transaction_ids.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const ids = () => new TransactionIds([{ local: 2_000_000_001, csms: 42 }, { local: 2_000_000_002 }]);
const toCsms = (action: string, text: string) => decode(ids().toCsms(action, encode(text)));
const toStation = (action: string, text: string) => decode(ids().toStation(action, encode(text)));

const SIGNED = `"transactionData":[{"sampledValue":[{"value":"OCMF|{\\"PG\\":\\"T1\\"}|{\\"SD\\":\\"30\\"}"}]}]`;

Deno.test("transaction ids: a stop names the CSMS's own id, its signed meter data stays byte-identical", () => {
  const text = `[2,"9","StopTransaction",{ "meterStop":17.0 ,"transactionId":2000000001,${SIGNED}}]`;
  equal(toCsms("StopTransaction", text), text.replace("2000000001", "42"));
});

Deno.test("transaction ids: meter values name the CSMS's own id", () => {
  const text = `[2,"9","MeterValues",{"connectorId":1,"transactionId":2000000001,"meterValue":[]}]`;
  equal(toCsms("MeterValues", text), text.replace("2000000001", "42"));
});

Deno.test("transaction ids: the CSMS's commands reach the station's transaction", () => {
  const cases = {
    RemoteStopTransaction: `[2,"c","RemoteStopTransaction",{"transactionId":42}]`,
    SetChargingProfile: `[2,"c","SetChargingProfile",{"connectorId":1,"csChargingProfiles":{"transactionId": 42}}]`,
    RemoteStartTransaction:
      `[2,"c","RemoteStartTransaction",{"idTag":"A","chargingProfile":{"chargingProfileId":42,"transactionId":42}}]`,
  };
  for (const [action, text] of Object.entries(cases)) {
    equal(toStation(action, text), text.replace(/("transactionId": ?)42/, "$12000000001"));
  }
});

Deno.test("transaction ids: what names no mapped transaction passes as it is", () => {
  const untouched = [
    `[2,"9","StopTransaction",{"transactionId":41}]`,
    `[2,"9","StopTransaction",{"transactionId":2000000002}]`, // the CSMS has not given its id yet
    `[2,"9","StopTransaction",{"transactionId":"2000000001"}]`, // a text is no transaction id
    `[2,"9","StopTransaction",{"meterStop":2000000001}]`,
  ];
  for (const text of untouched) equal(toCsms("StopTransaction", text), text);
  const other = `[2,"9","DataTransfer",{"transactionId":2000000001}]`;
  equal(toCsms("DataTransfer", other), other);
  equal(
    toStation("RemoteStopTransaction", `[2,"9","RemoteStopTransaction",{"transactionId":43}]`).includes("43"),
    true,
  );
});

Deno.test("transaction ids: both of two repeated keys are replaced, so that no reader sees the local id", () => {
  const text = `[2,"9","StopTransaction",{"transactionId":2000000001,"transactionId":2000000001}]`;
  equal(toCsms("StopTransaction", text), text.replaceAll("2000000001", "42"));
});

Deno.test("transaction ids: an id learned later is used from then on", () => {
  const known = ids();
  const text = `[2,"9","StopTransaction",{"transactionId":2000000002}]`;
  known.learn(2_000_000_002, 7);
  equal(decode(known.toCsms("StopTransaction", encode(text))), text.replace("2000000002", "7"));
  equal(known.size, 2);
});

Deno.test("transaction ids: without a mapping the bytes are handed on, not copied", () => {
  const bytes = encode(`[2,"9","StopTransaction",{"transactionId":1}]`);
  equal(new TransactionIds().toCsms("StopTransaction", bytes), bytes);
});

Deno.test("transaction ids: as many as the limit are known, of one more the oldest is forgotten, both ways", () => {
  const ids = new TransactionIds();
  const first = 2_000_000_000, { transactions } = STAND_IN_LIMITS;
  for (let i = 0; i < transactions; i++) ids.learn(first + i, i + 1);
  const seen = () => {
    const stop = (id: number) => new TextEncoder().encode(`[2,"1","StopTransaction",{"transactionId":${id}}]`);
    const remote = new TextEncoder().encode('[2,"1","RemoteStopTransaction",{"transactionId":1}]');
    const text = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))[3].transactionId;
    return [text(ids.toCsms("StopTransaction", stop(first))), text(ids.toStation("RemoteStopTransaction", remote))];
  };
  equal(`${ids.size} ${seen()}`, `${transactions} 1,${first}`);
  ids.learn(first + transactions, transactions + 1);
  equal(`${ids.size} ${seen()}`, `${transactions} ${first},1`);
});
