import { deepStrictEqual as equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { ControlApi } from "../../core/control_api.ts";
import type { Rpc } from "../../core/rpc.ts";
import { parseFrame } from "../codec.ts";
import type { Relay } from "../relay.ts";
import type { RelayPartTools } from "../relay_parts.ts";
import { rehomingPart } from "./part.ts";

/** What a taker answers to a CALL of the CSMS, what the station was asked, and what control was asked. */
async function take(rule: string, message: unknown, options: Partial<Relay["options"]> = {}) {
  const asked: string[] = [], told: string[] = [], audited: unknown[] = [];
  const control = {
    call: (method: string) => {
      told.push(method);
      return Promise.resolve(method === "upstream.certificate" ? { status: "foreign" } : { results: [] });
    },
  } as unknown as Rpc<ControlApi>;
  const reporter = { auditRepeating: (event: { rule: string }) => audited.push(event.rule) };
  const { takers } = rehomingPart({ context: { control }, reporter } as unknown as RelayPartTools);
  const relay = {
    options: {
      ...{ session: "s", stationId: "CP001", csms: "main", version: "ocpp2.0.1" },
      ...{ securityProfile: 2, stationCertificates: "site-ca", ...options },
    },
    call: ({ action }: { action: string }) => {
      asked.push(action);
      return Promise.resolve({ is: "result", payload: { status: "Accepted" } });
    },
  } as unknown as Relay;
  const text = JSON.stringify(message);
  const answer = await takers![rule]!(relay, "csms", parseFrame(text), Buffer.from(text));
  return {
    payload: "payload" in answer ? answer.payload as Record<string, unknown> : answer.code,
    asked,
    told,
    audited,
  };
}

const signed = (more: Record<string, string> = {}) => [2, "1", "CertificateSigned", { certificateChain: "x", ...more }];

Deno.test("re-homing: a certificate that would lock a station out of the gateway is not passed on to it (decision 0065)", async () => {
  const status = async (message: unknown, options: Partial<Relay["options"]>) => {
    const { payload, asked } = await take("ocpp.rehome.certificate", message, options);
    return [(payload as Record<string, unknown>)["status"], asked.length];
  };
  // It proves itself here by a certificate: one that the site CA did not sign would be its last.
  equal(await status(signed(), { securityProfile: 3 }), ["Rejected", 0]);
  equal(await status(signed(), { securityProfile: 2 }), ["Accepted", 1]);
  const own = signed({ certificateType: "ChargingStationCertificate" });
  equal(await status(own, { securityProfile: 2 }), ["Rejected", 0]);
  equal(await status(own, { securityProfile: 3, stationCertificates: "elsewhere" }), ["Accepted", 1]);
  equal((await take("ocpp.rehome.certificate", signed(), { securityProfile: 3 })).audited, ["ocpp.rehome.certificate"]);
});

Deno.test("re-homing: only the value in force of a variable of the CSMS leg is set, none of its bounds", async () => {
  const named = { component: { name: "SecurityCtrlr" }, variable: { name: "BasicAuthPassword" } };
  const data = ["Target", "MinSet", "actual"].map((attributeType) => ({
    ...named,
    attributeType,
    attributeValue: "x",
  }));
  const { payload, asked, told } = await take("ocpp.rehome.setting", [2, "1", "SetVariables", {
    setVariableData: data,
  }]);
  equal(payload, {
    setVariableResult: data.map(({ attributeType }) => ({
      attributeStatus: "NotSupportedAttributeType",
      attributeType,
      ...named,
    })),
  });
  equal([asked, told], [[], []]);
});
