import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import type { UpstreamRoute } from "../core/control_api.ts";
import type { UpstreamChoice, UpstreamChoiceName } from "../core/upstream_api.ts";
import { DialError, type UpstreamLeg } from "./upstream.ts";
import { refusesCredential, UpstreamWays } from "./upstream_ways.ts";

const ROUTE: UpstreamRoute = { csms: "main", url: "wss://csms.example/ocpp", graceSeconds: 0 };
const basic = (password: string) => ({ user: "Q1AwMDE=", password });
const LEG = { protocol: "ocpp1.6" } as UpstreamLeg;
const status = (code: number) => new DialError(`it answered ${code}`, code, undefined, undefined);
const fault = (message: string, code?: string) =>
  new DialError(message, undefined, undefined, Object.assign(new Error(message), code === undefined ? {} : { code }));

/** A CSMS that answers by password, or by the name of the choice's certificate. */
function waysTo(answers: Readonly<Record<string, Error | undefined>>, choices: readonly UpstreamChoice[]) {
  const dialled: string[] = [];
  const proved: (readonly [UpstreamChoiceName, readonly UpstreamChoiceName[]])[] = [];
  const ways = new UpstreamWays({
    dial: ({ route }) => {
      const shown = route.clientCertificate?.certPem ?? route.basic?.password ?? "nothing";
      dialled.push(shown);
      const answer = answers[shown];
      return answer ? Promise.reject(answer) : Promise.resolve(LEG);
    },
    proved: (choice, refused) => proved.push([choice, refused]),
  }, { stationId: "CP001", upstream: choices[0]!.route, upstreamChoices: choices });
  return { ways, dialled, proved };
}

const choice = (name: UpstreamChoiceName, password: string): UpstreamChoice => {
  return { choice: name, route: { ...ROUTE, basic: basic(password) } };
};
const ALL = [choice("new", "a"), choice("new-as-text", "b"), choice("kept", "c"), choice("configured", "d")];

Deno.test("upstream ways: the first that is taken is used, and control hears what was refused before it", async () => {
  const { ways, dialled, proved } = waysTo({ a: status(401), b: status(403) }, ALL);
  equal(await ways.dial(["ocpp1.6"]), LEG);
  equal([dialled, proved], [["a", "b", "c"], [["kept", ["new", "new-as-text"]]]]);
  await ways.dial(["ocpp1.6"]); // what was refused is not tried again on this connection's redial
  equal([dialled.slice(3), proved.length], [["c"], 1]);
});

Deno.test("upstream ways: what was taken already is no news", async () => {
  const { ways, proved } = waysTo({}, [choice("configured", "d")]);
  await ways.dial(["ocpp1.6"]);
  const kept = waysTo({}, [choice("kept", "c"), choice("configured", "d")]);
  await kept.ways.dial(["ocpp1.6"]);
  equal([proved, kept.proved], [[], []]);
});

Deno.test("upstream ways: a CSMS that cannot be reached has refused nothing", async () => {
  const { ways, dialled, proved } = waysTo({ a: fault("connect ECONNREFUSED", "ECONNREFUSED") }, ALL);
  await rejects(ways.dial(["ocpp1.6"]), /ECONNREFUSED/);
  equal([dialled, proved], [["a"], []]);
});

Deno.test("upstream ways: the last fault is told when all are refused", async () => {
  const { ways, dialled, proved } = waysTo({ a: status(401), b: status(401), c: status(401), d: status(401) }, ALL);
  await rejects(ways.dial(["ocpp1.6"]), { status: 401 });
  equal([dialled.length, proved], [4, []]);
});

Deno.test("upstream ways: the station's own credential, which control has not, goes on being shown", async () => {
  const { ways, dialled } = waysTo({ x: status(401) }, [choice("configured", "own")]);
  ways.take([choice("new", "x"), { choice: "configured", route: ROUTE }]);
  await ways.dial(["ocpp1.6"]);
  equal(dialled, ["x", "own"]);
});

Deno.test("upstream ways: what of all faults means that the CSMS does not take the credential", () => {
  const refused = [
    status(401),
    status(403),
    fault("received fatal alert: UnknownCA"),
    fault("socket hang up", "ECONNRESET"),
  ];
  const others = [
    ...[status(404), status(503), status(429), fault("x", "ENOTFOUND"), fault("the handshake timed out")],
    new DialError("name", undefined, "InvalidCentralSystemCertificate", undefined),
    new Error("something else"),
  ];
  equal([...refused, ...others].map(refusesCredential), [...refused.map(() => true), ...others.map(() => false)]);
});
