import { MODBUS_PROFILES } from "../../../profiles/modbus/mod.ts";
import type { ModbusRule } from "../../../policies/modbus_rule.ts";
import type { ModbusRequest } from "../codec.ts";
import { encodeRequest } from "../codec_request.ts";
import { type Ask, type Asker, createModbusPolicy, type Forward, type Moment, type Verdict } from "../policy.ts";
import { ProfileFile, profileOf } from "../profile_schema.ts";
import type { PolicyConfig } from "../worker_config.ts";
import type { LeaseChange } from "../write_leases.ts";

/** A client with a role. */
export const EMS: Asker = { client: "ems-1", role: "EnergyManager", source: "10.0.0.5", listener: "ems" };

/** A rule that allows everything but what it says. */
export const rule = (part: Partial<ModbusRule>): ModbusRule => ({ id: "r", effect: "allow", because: "x", ...part });

/** Unit 11 is a Bender station, unit 12 an EVlink one, unit 1 a meter, unit 9 has no profile. */
export function policyConfig(rules: readonly ModbusRule[], part: Partial<PolicyConfig> = {}): PolicyConfig {
  const place = (unit: number, profile?: string) => ({ unit, line: "l", device: unit, ...profile ? { profile } : {} });
  return {
    units: [place(11, "bender-cc"), place(12, "evlink-pro-ac"), place(1, "eastron-sdm630"), place(9)],
    profiles: MODBUS_PROFILES.map((source) => profileOf(ProfileFile.parse(source))),
    rules,
    mode: "enforce",
    timeZone: "UTC",
    ...part,
  };
}

/** A policy with its time, and what it told of leases. */
export class PolicyRig {
  readonly leased: LeaseChange[] = [];
  readonly policy;
  now: Moment = { monotonic: 1_000, wall: Date.parse("2026-07-06T12:00:00Z") }; // a Monday

  constructor(rules: readonly ModbusRule[], part: Partial<PolicyConfig> = {}) {
    this.policy = createModbusPolicy(policyConfig(rules, part), (change) => this.leased.push(change));
  }

  later(seconds: number): void {
    this.now = { monotonic: this.now.monotonic + seconds * 1_000, wall: this.now.wall + seconds * 1_000 };
  }

  ask(request: ModbusRequest, unit = 11, asker = EMS): Ask {
    return { asker, unit, request, pdu: encodeRequest(request) };
  }

  judge(request: ModbusRequest, unit = 11, asker = EMS): Verdict {
    return this.policy.judge(this.ask(request, unit, asker), this.now);
  }

  /** The rule that refused, or "allow". */
  decided(request: ModbusRequest, unit = 11, asker = EMS): string {
    const verdict = this.judge(request, unit, asker);
    return verdict.do === "refuse" ? verdict.rule : "allow";
  }

  /** Judges and lets the device answer with these bytes, or with the echo that a write has. */
  served(request: ModbusRequest, answer?: Uint8Array, unit = 11, asker = EMS): Uint8Array {
    const ask = this.ask(request, unit, asker), verdict = this.policy.judge(ask, this.now);
    if (verdict.do === "refuse") throw new Error(`refused by ${verdict.rule}: ${verdict.reason}`);
    return this.policy.seeResponse(ask, verdict, answer ?? echo(verdict), this.now);
  }
}

function echo({ request, pdu }: Forward): Uint8Array {
  return request.function === 16 || request.function === 15 ? pdu.slice(0, 5) : pdu;
}
