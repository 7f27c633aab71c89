import { parseIp } from "../config/ip.ts";
import type { DnsStation } from "../core/dns_api.ts";
import { decideDns } from "../../policies/dns.ts";
import { judgeAddresses } from "../../policies/dns_address.ts";
import { DNS_RULES, type DnsPrincipal, type DnsRuleBook } from "../../policies/dns_rule.ts";
import { EXTENDED_ERRORS, RCODES, typeName } from "./codec.ts";
import type { Asker, Refusal, Verdict } from "./session.ts";
import type { DnsNames } from "./worker_config.ts";

/** Questions to facts, decisions to DNS's own refusals. The decisions themselves are in policies/. */
export class DnsPolicy {
  readonly #names: DnsNames;
  readonly #book: DnsRuleBook;
  readonly #stations: ReadonlyMap<string, DnsStation>;

  constructor(names: DnsNames, stations: readonly DnsStation[]) {
    this.#names = names;
    this.#book = {
      ...names,
      answers: new Map(Object.entries(names.answers)),
    };
    this.#stations = new Map(stations.map((station) => [station.address, station]));
  }

  /** The station whose address this is; undefined: none of the inventory. */
  stationOf(source: string): string | undefined {
    return this.#stations.get(source)?.station;
  }

  /** `would` is told of what is only tried out (mode observe). */
  judge(name: string, type: number, asker: Asker, would: (refusal: Refusal) => void): Verdict {
    const decision = decideDns({ principal: this.#principal(asker.source), name, type: typeName(type) }, this.#book);
    if (decision.effect === "allow") {
      if (decision.own === undefined) return { lookUp: true };
      return { own: (decision.own === "this-box" ? [asker.box] : decision.own).map(bytesOf) };
    }
    const refusal = this.#refusal(decision.rule, decision.reason);
    if (this.#names.mode === "enforce") return { refuse: refusal };
    would(refusal);
    return { lookUp: true };
  }

  /** The rebinding guard. It is no matter of trial: it holds in mode observe too. */
  judgeAddresses(name: string, addresses: readonly Uint8Array[]): Refusal | undefined {
    const decision = judgeAddresses(name, addresses.map((bytes) => [...bytes]), this.#names.privateNames);
    return decision && this.#refusal(decision.rule, decision.reason);
  }

  #principal(source: string): DnsPrincipal {
    const station = this.#stations.get(source);
    return station ? { ...station, source } : { source };
  }

  /** "There is none of this type" must not say that the name does not exist: a resolver would give up its A record too. */
  #refusal(rule: string, reason: string): Refusal {
    if (rule === DNS_RULES.type) {
      return { rule, reason, rcode: RCODES.noError, extendedError: EXTENDED_ERRORS.blocked };
    }
    const rcode = this.#names.refusal === "nxdomain" ? RCODES.nxDomain : RCODES.refused;
    const extendedError = rule === DNS_RULES.default ? EXTENDED_ERRORS.prohibited : EXTENDED_ERRORS.blocked;
    return { rule, reason, rcode, extendedError };
  }
}

function bytesOf(address: string): Uint8Array {
  return Uint8Array.from(parseIp(address) ?? []);
}
