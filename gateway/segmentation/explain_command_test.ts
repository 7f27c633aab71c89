import { deepStrictEqual as equal, match, throws } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { GatewayError } from "../core/errors.ts";
import type { Opening } from "../../policies/segmentation_model.ts";
import { deriveSegmentation } from "./derive.ts";
import { explainCommand } from "./explain_command.ts";
import type { SegmentationParts } from "./parts.ts";
import { SITE } from "./testing/segmentation_rig.ts";

const site = Site.parse(SITE);
const segmentation = deriveSegmentation(site, site.stations);
function explained(from: string, to: string, what: string, openings: readonly Opening[] = []) {
  const parts = { segmenter: { segmentation: () => segmentation }, openings: { all: () => openings } };
  return explainCommand(parts as unknown as SegmentationParts, { from, to, what });
}
const OPEN = [{ source: "10.99.0.9", station: "10.21.0.11", port: 22 }];

/** From, to, what, and the rule that decides; "!" where the packets do not come by the box. */
const CASES: readonly (readonly [string, string, string, string, (readonly Opening[])?])[] = [
  ["10.20.0.11", "10.20.0.1", "tcp/8444", "allow ocpp.listeners.tls.listen.ot.tcp"],
  ["ot/10.20.0.11", "10.20.0.1", "tcp/8444", "allow ocpp.listeners.tls.listen.ot.tcp"],
  ["10.20.0.11", "192.168.124.1", "tcp/8444", "deny segmentation.default-deny"],
  ["192.168.124.20", "10.20.0.1", "tcp/8444", "allow ocpp.listeners.tls.listen.ot.tcp"],
  ["10.21.0.11", "10.20.0.1", "tcp/8444", "deny segmentation.default-deny"],
  ["10.20.0.11", "10.20.0.12", "tcp/22", "allow unit.bay-07"],
  ["10.20.0.11", "10.20.0.13", "udp/6000", "allow load-management.dlm"],
  ["10.20.0.11", "10.20.0.13", "udp/1023", "deny segmentation.default-deny"],
  ["10.20.0.11", "10.20.0.13", "tcp/22", "deny segmentation.maintenance-port"],
  ["10.20.0.12", "10.20.0.13", "udp/6000", "deny segmentation.default-deny"],
  ["10.20.0.11", "uplink/8.8.8.8", "udp/53", "allow redirect.dns"],
  ["10.20.0.11", "uplink/8.8.8.8", "ping", "allow ping.ot.8.8.8.8"],
  ["10.20.0.11", "uplink/8.8.4.4", "ping", "deny segmentation.default-deny"],
  ["10.20.0.11", "10.20.0.1", "ping", "allow segmentation.ping"],
  ["10.99.0.9", "10.21.0.11", "tcp/502", "allow flow.ems"],
  ["10.99.0.10", "10.21.0.11", "tcp/502", "deny segmentation.default-deny"],
  ["10.99.0.9", "10.21.0.11", "tcp/22", "deny segmentation.maintenance-port"],
  ["10.99.0.9", "10.21.0.11", "tcp/22", "allow segmentation.opening", OPEN],
  ["10.99.0.10", "10.21.0.11", "tcp/22", "deny segmentation.maintenance-port", OPEN],
  ["10.99.0.9", "10.21.0.11", "tcp/23", "deny segmentation.maintenance-port", OPEN],
  ["10.21.0.11", "10.21.0.12", "tcp/80", "deny segmentation.default-deny !"],
  ["ot/10.99.0.9", "10.20.0.1", "tcp/8444", "deny segmentation.spoofed-source"],
  ["10.20.0.1", "uplink/203.0.113.5", "tcp/443", "allow ocpp.csms.main.url.uplink"],
  ["10.20.0.1", "10.21.0.1", "tcp/1", "allow segmentation.loopback"],
];
for (const [from, to, what, wanted, openings] of CASES) {
  Deno.test(`segmentation explain: ${from} to ${to} ${what}: ${wanted}${openings ? " while it is open" : ""}`, () => {
    const { data, text } = explained(from, to, what, openings);
    const { effect, rule, seen } = data as { effect: string; rule: string; seen: boolean };
    equal(`${effect} ${rule}${seen ? "" : " !"}`, wanted);
    match(text, effect === "allow" ? /^Passes, by / : /^Refused by /);
    equal(/do not come by this box/.test(text), !seen);
  });
}

const UNUSABLE: readonly (readonly [string, string, string, RegExp])[] = [
  ["x", "10.20.0.1", "ping", /from is "x", wanted an address/],
  ["10.20.0.11", "10.20.0", "ping", /to is "10\.20\.0", wanted an address/],
  ["10.20.0.256", "10.20.0.1", "ping", /from is "10\.20\.0\.256"/],
  ["nowhere/10.20.0.11", "10.20.0.1", "ping", /wanted ZONE\/ADDRESS/],
  ["203.0.113.5", "10.20.0.1", "ping", /the address is in no zone's network/],
  ["10.20.0.11", "10.20.0.1", "tcp", /what is "tcp", wanted tcp\/443, udp\/53 or ping/],
  ["10.20.0.11", "10.20.0.1", "tcp/0", /what is/],
  ["10.20.0.11", "10.20.0.1", "tcp/65536", /what is/],
  ["10.20.0.11", "10.20.0.1", "TCP/80", /what is/],
  ["10.20.0.11", "10.20.0.1", `sctp/${"1".repeat(100)}`, /what is "sctp\/1{55}", wanted/],
];
for (const [from, to, what, wanted] of UNUSABLE) {
  Deno.test(`segmentation explain: ${from} to ${to} ${what.slice(0, 20)} is refused with what is wanted`, () => {
    throws(() => explained(from, to, what), (error) => {
      return error instanceof GatewayError && error.code === "SEGMENTATION_INVALID" && wanted.test(error.message);
    });
  });
}
