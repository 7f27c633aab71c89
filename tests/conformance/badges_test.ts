import { deepStrictEqual as equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Json } from "../../gateway/core/control_api.ts";
import { badgeHash } from "../../gateway/core/badge_hash.ts";
import { createRpcClient } from "../../gateway/demo/ocpp_rpc.ts";
import { OCPP_VERSIONS, type OcppVersion } from "../../gateway/ocpp/codec.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
import { admission, FakeControl, PLAIN, until, workerContext } from "../support/ocpp_rig.ts";
import { CSMS_CA, RpcCsms } from "../support/rpc_csms.ts";

const KEY = new Uint8Array(32).fill(3), BAD = "04A1B2C3", GOOD = "04FFEE11";

/** Control that blocks one badge. */
class BlockingControl extends FakeControl {
  readonly judged: unknown[] = [];
  readonly listed: unknown[] = [];

  constructor(url: string) {
    super(({ stationId }) =>
      admission(url, stationId, {
        upstream: { csms: "main", url, caPem: [CSMS_CA.certificate.certPem], graceSeconds: 0 },
        validation: "enforce",
      })
    );
    const plain = this.call, hashes = [badgeHash(BAD, KEY)];
    this.call = (async (method: string, args: never) => {
      if (method === "badges.blocked") return { key: Buffer.from(KEY).toString("base64"), hashes };
      if (method === "badges.judge") return void this.judged.push(args);
      if (method === "badges.listed") return void this.listed.push(args);
      return await plain(method as never, args);
    }) as FakeControl["call"];
  }
}

/** One version's way to say the same things. */
interface Wording {
  readonly authorize: (badge: string) => readonly [string, Json];
  readonly start: (badge: string) => readonly [string, Json];
  readonly remoteStart: (badge: string) => readonly [string, Json];
  readonly reserve: (badge: string) => readonly [string, Json];
  readonly list: (badge: string) => readonly [string, Json];
  readonly answer: (status: string) => Json;
}

const AT = "2026-11-21T12:00:00Z";
const OLD: Wording = {
  authorize: (idTag) => ["Authorize", { idTag }],
  start: (idTag) => ["StartTransaction", { connectorId: 1, idTag, meterStart: 0, timestamp: AT }],
  remoteStart: (idTag) => ["RemoteStartTransaction", { idTag, connectorId: 1 }],
  reserve: (idTag) => ["ReserveNow", { idTag, connectorId: 1, expiryDate: AT, reservationId: 1 }],
  list: (idTag) => ["SendLocalList", {
    ...{ listVersion: 7, updateType: "Differential" },
    localAuthorizationList: [{ idTag, idTagInfo: { status: "Accepted" } }],
  }],
  answer: (status) => ({ idTagInfo: { status } }),
};
const token = (idToken: string) => ({ idToken, type: "ISO14443" });
const NEW: Wording = {
  authorize: (badge) => ["Authorize", { idToken: token(badge) }],
  start: (badge) => ["TransactionEvent", {
    ...{ eventType: "Started", timestamp: AT, triggerReason: "Authorized", seqNo: 0 },
    ...{ transactionInfo: { transactionId: "t1" }, idToken: token(badge), evse: { id: 1, connectorId: 1 } },
  }],
  remoteStart: (badge) => ["RequestStartTransaction", { idToken: token(badge), remoteStartId: 1, evseId: 1 }],
  reserve: (badge) => ["ReserveNow", { id: 1, expiryDateTime: AT, idToken: token(badge) }],
  list: (badge) => ["SendLocalList", {
    ...{ versionNumber: 7, updateType: "Differential" },
    localAuthorizationList: [{ idToken: token(badge), idTokenInfo: { status: "Accepted" } }],
  }],
  answer: (status) => ({ idTokenInfo: { status } }),
};
const wordsOf = (version: OcppVersion): Wording => version === "ocpp1.6" ? OLD : NEW;

for (const version of OCPP_VERSIONS) {
  Deno.test(`EV-24: ${version}, strict peers: a blocked badge is refused at Authorize, remote start and reservation; its transactions and the CSMS's list pass`, async () => {
    const words = wordsOf(version), csms = new RpcCsms();
    const control = new BlockingControl(`wss://127.0.0.1:${await csms.listen()}/csms`);
    const service = await startOcpp(workerContext(control, [PLAIN]));
    const station = createRpcClient("CP001", version, {
      endpoint: `${service.listening!["ocpp:plain"]}/ocpp`,
      password: new TextEncoder().encode("0123456789abcdef"),
    });
    const faults: string[] = [], asked: unknown[] = [];
    station.on("strictValidationFailure", (event: { error: Error }) => void faults.push(event.error.message));
    station.on("badMessage", (event: { error: Error }) => void faults.push(event.error.message));
    station.handle(({ method, params }) => {
      asked.push([method, params]);
      return Promise.resolve({ status: "Accepted" });
    });
    try {
      await station.connect();
      await until(() => csms.client !== undefined);
      const say = ([action, payload]: readonly [string, Json]) => station.call(action, payload as never);
      const order = ([action, payload]: readonly [string, Json]) => csms.client!.call(action, payload as never);
      equal(await say(words.authorize(BAD.toLowerCase())), words.answer("Blocked"));
      equal(await say(words.authorize(GOOD)), words.answer("Accepted"));
      await say(words.start(BAD));
      equal(csms.requests.map(({ method }) => method), ["Authorize", words.start(BAD)[0]], "the begin passed");
      for (const wording of [words.remoteStart, words.reserve]) {
        equal(await order(wording(BAD)), { status: "Rejected" });
        equal(await order(wording(GOOD)), { status: "Accepted" });
      }
      equal(await order(words.list(BAD)), { status: "Accepted" });
      const passed = [words.remoteStart(GOOD), words.reserve(GOOD), words.list(BAD)];
      equal(asked, passed, "nothing of the blocked badge but the CSMS's own list");
      await until(() => control.listed.length === 1);
      equal(control.listed, [{ stationId: "CP001", csms: "main", badges: [BAD], count: 1 }]);
      equal((control.judged as { ordered?: string }[]).map(({ ordered }) => ordered), [
        ...[undefined, words.remoteStart(BAD)[0], "ReserveNow"],
      ]);
      equal([csms.faults, faults], [[], []]);
    } finally {
      await station.close({ force: true });
      await service.drain(500);
      await csms.close();
    }
  });
}
