import { hasFields, NO_FIELDS, readFields } from "../../../policies/ocpp_fields.ts";
import { type BuiltInFacts, explainMessage, type Explanation, passesAnyway } from "../../../policies/ocpp_explain.ts";
import type { OcppProtocol, OcppRuleFacts, OcppSide } from "../../../policies/ocpp_rule.ts";
import { minuteOfWeek } from "../../../policies/ocpp_case.ts";
import { decideRehoming, isRehomingAction } from "../../../policies/ocpp_rehoming.ts";
import { plainAction } from "../../../policies/plain_action.ts";
import { keyTableOf } from "../../../profiles/controllers/key_tables.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Json } from "../../core/control_api.ts";
import { OCPP_PROTOCOLS, type Station } from "../../inventory/config.ts";
import { createLocalWeek } from "../../core/local_week.ts";
import type { Site } from "../../config/schema.ts";
import { type OcppFrame, parseFrame } from "../../ocpp/codec.ts";
import { refusedSettingOf } from "../../ocpp/policy.ts";
import { askedProfile } from "../../ocpp/profile_request.ts";
import { innerPayload } from "../../ocpp/signed_payload.ts";
import type { CommandArgs, CommandResult } from "../contract.ts";
import type { PolicyParts, RulesInForce } from "./feature.ts";

/** `policy explain STATION DIRECTION ACTION [JSON]`: which rule decides on such a message, and why no other. */
export function explainCommand(
  { context, stations }: { context: Pick<PolicyParts["context"], "clock" | "site">; stations: PolicyParts["stations"] },
  { rules, mode, timeZone }: RulesInForce,
  args: CommandArgs,
): CommandResult {
  const station = stationOf(stations, String(args["station"]));
  const from = sideOf(String(args["direction"]));
  const action = String(args["action"]);
  const version = versionOf(station, args["version"]);
  const minute = typeof args["at"] === "string" ? timeOf(args["at"]) : createLocalWeek(timeZone)(context.clock.now());
  const plain = plainAction(action);
  const frame = messageOf(plain, args["payload"]);
  // What stands in it twice, a relay does not read either.
  const payload = frame.faults.includes("duplicate-keys") ? undefined : frame.payload;
  const reads = hasFields(from, plain) || rules !== undefined;
  const { id, vendor, model, unit } = station;
  const facts: OcppRuleFacts = {
    principal: from,
    action,
    resource: { station: { id, vendor, model, unit }, csms: csmsOf(context.site.ocpp, station, args["csms"]) },
    context: { version, fields: reads ? readFields(from, plain, payload) : NO_FIELDS, minuteOfWeek: minute, at: 0 },
  };
  const explained = explainMessage(facts, rules, mode, builtInFacts(station, from, frame));
  const rehoming = rehomedBy(facts, payload);
  return {
    text: explanationText(facts, explained, rehoming, rules !== undefined),
    data: explanationData(explained, rehoming),
  };
}

/** An explanation in the words of an admin. */
export function explanationText(
  facts: OcppRuleFacts,
  { decision, standings, seen }: Explanation,
  rehoming: ReturnType<typeof rehomedBy>,
  hasRules: boolean,
): string {
  const { principal, action, resource, context } = facts;
  const way = principal === "csms"
    ? `${resource.csms} to ${resource.station.id}`
    : `${resource.station.id} to ${resource.csms}`;
  const lines = [`${action} from ${way}, ${context.version}`, ...seen.map((word) => `  says ${word}`)];
  const rehomed = decision.effect === "allow" ? rehoming : undefined;
  if (decision.effect === "deny") lines.push(`REFUSED by ${decision.rule}: ${decision.reason}`);
  else if (rehomed?.handling === "refuse") lines.push(`REFUSED by ${rehomed.rule}: ${rehomed.reason}`);
  else if (!decision.wouldRefuse) lines.push("RELAYED: nothing refuses it");
  else {
    const why = passesAnyway(facts) ? "transaction messages are never refused (invariant 15)" : "ocpp.mode is observe";
    lines.push(
      `RELAYED, noted as would-refuse by ${decision.wouldRefuse.rule}: ${decision.wouldRefuse.reason}`,
      `  ${why}`,
    );
  }
  if (!hasRules) lines.push("The site has no rules of its own (ocpp.rules): all but the built-in refusals is relayed.");
  for (const { id, effect, because, missed } of standings) {
    const standing = missed === undefined ? "holds" : `does not hold: ${missed}`;
    lines.push(`  ${effect.padEnd(5)} ${id}: ${standing}${missed === undefined ? ` (${because})` : ""}`);
  }
  if (rehomed && rehomed.handling !== "refuse") {
    lines.push(`Then re-homing (${rehomed.rule}): ${HANDLINGS[rehomed.handling]}. ${rehomed.reason}`);
  }
  lines.push(
    "Not looked at here: the schema of the message, limits of messages per second, and what rates have counted so far.",
  );
  return lines.join("\n");
}

const HANDLINGS = { relay: "relayed", take: "the gateway answers it itself" } as const;

/** What the built-in rules say of it while the station has the security profile of site.yaml. */
function builtInFacts({ vendor, ocpp }: Station, from: OcppSide, frame: OcppFrame): BuiltInFacts {
  if (from !== "csms") return {};
  const keys = keyTableOf(vendor);
  return {
    lowersProfile: (askedProfile(frame) ?? 3) < (ocpp?.securityProfile ?? 0),
    refusedSetting: keys && refusedSettingOf(frame, keys),
  };
}

/** What the re-homing table says of it when both legs use TLS and station certificates come from the site CA. */
function rehomedBy({ principal, action, context }: OcppRuleFacts, payload: unknown) {
  if (!isRehomingAction(principal, action)) return undefined;
  return decideRehoming({
    from: principal,
    version: context.version,
    action,
    payload,
    inner: innerPayload(payload),
    isAmbiguous: payload === undefined,
    stationTls: true,
    upstreamTls: true,
    stationCertificates: "site-ca",
  });
}

function explanationData({ decision, standings, seen }: Explanation, rehoming: ReturnType<typeof rehomedBy>): Json {
  return JSON.parse(JSON.stringify({ decision, rules: standings, seen, rehoming }));
}

function stationOf(stations: PolicyParts["stations"], id: string): Station {
  const station = stations.get(id);
  if (station) return station;
  throw new GatewayError("STATION_UNKNOWN", `No station "${id}" is in the inventory`, {
    hint: "Run `stations` for the list",
  });
}

function csmsOf(ocpp: Site["ocpp"], station: Station, asked: CommandArgs[string]): string {
  if (asked === undefined) return station.ocpp?.csms ?? "";
  const known = ocpp?.csms.map(({ id }) => id) ?? [];
  if (known.includes(String(asked))) return String(asked);
  throw new GatewayError("CLI_USAGE", `CSMS "${String(asked)}" is unknown: wanted one of ${known.join(", ")}`);
}

function sideOf(text: string): OcppSide {
  const side = text.replace(/^from-/, "");
  if (side === "station" || side === "csms") return side;
  throw new GatewayError(
    "CLI_USAGE",
    `Direction "${text}" is unknown: wanted from-csms or from-station, or read, write or function for a Modbus unit`,
  );
}

function versionOf(station: Station, asked: CommandArgs[string]): OcppProtocol {
  const version = asked ?? station.ocpp?.protocols[0] ?? "ocpp1.6";
  const known = OCPP_PROTOCOLS.find((protocol) => protocol === version);
  if (known) return known;
  throw new GatewayError(
    "CLI_USAGE",
    `Version "${String(version)}" is unknown: wanted one of ${OCPP_PROTOCOLS.join(", ")}`,
  );
}

function timeOf(text: string): number {
  const minute = minuteOfWeek(text);
  if (minute !== undefined) return minute;
  throw new GatewayError("CLI_USAGE", `Time "${text}" is unknown: wanted a day and a time, as "mon 22:30"`);
}

/** The message as a relay reads it; of a signed one what is signed. */
function messageOf(action: string, text: CommandArgs[string]): OcppFrame {
  const payload = typeof text === "string" ? text : "{}";
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch (cause) {
    throw new GatewayError("CLI_USAGE", 'The payload is no JSON: wanted an object in quotes, as \'{"type":"Hard"}\'', {
      cause,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return parseFrame(`[2,"0",${JSON.stringify(action)},${payload}]`);
  }
  throw new GatewayError("CLI_USAGE", 'The payload is no JSON object: wanted one in quotes, as \'{"type":"Hard"}\'');
}
