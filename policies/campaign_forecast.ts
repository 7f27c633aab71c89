import { isUnderWay, nextSteps } from "./campaign.ts";
import type { CampaignFacts, CampaignStep, CampaignUnit } from "./campaign_types.ts";

const MINUTE = 60_000;
/** Minutes between two looks when only the hours are in the way. */
const STRIDE = 15;
/** Days after which a campaign that has not ended never will. */
const MOST_DAYS = 120;

/** When what would happen. Times are wall milliseconds. */
export interface ForecastUnit {
  readonly unit: string;
  readonly ring: number;
  readonly installsAt?: number;
  readonly endsAt?: number;
  /** It is left alone. */
  readonly skipped?: string;
}

/** How a campaign would go if nothing failed, nobody charged and everybody was there. */
export interface Forecast {
  readonly units: readonly ForecastUnit[];
  /** Absent: it does not end within 120 days; `why` names what is in the way. */
  readonly endsAt?: number;
  readonly why?: string;
  /** Most connectors out of service at one time, those that are out already included. */
  readonly mostConnectorsOut: number;
  /** Names of rings that wait for a person; their waiting is not in the times. */
  readonly holds: readonly string[];
}

/**
 * Plays a campaign through on paper with the policy that would run it, so that a person sees before the start what each
 * limit costs. `installMinutes`: how long one part is thought to take.
 */
export function forecast(
  facts: CampaignFacts,
  minuteOfWeek: (now: number) => number,
  installMinutes: number,
): Forecast {
  const play = new Play(facts, installMinutes);
  const until = facts.now + MOST_DAYS * 1_440 * MINUTE;
  for (let now = facts.now; now <= until;) {
    const steps = play.step(now, minuteOfWeek(now));
    if (steps.some(({ step }) => step === "complete")) return { ...play.result, endsAt: now };
    const stop = steps.find((step) => step.step === "pause");
    if (stop?.step === "pause") return { ...play.result, why: stop.why };
    if (steps.length === 0) now = play.nextAt(now);
  }
  return { ...play.result, why: `it does not end within ${MOST_DAYS} days: look at its hours and limits` };
}

/** One run on paper. */
class Play {
  #facts: CampaignFacts;
  readonly #installMs: number;
  readonly #seen = new Map<string, ForecastUnit>();
  readonly #holds: string[] = [];
  #mostOut: number;

  constructor(facts: CampaignFacts, installMinutes: number) {
    const wellOff = (unit: CampaignUnit): CampaignUnit => ({
      ...unit,
      parts: unit.parts.map((part) => ({ ...part, online: true, busy: false, healthy: true })),
    });
    this.#facts = { ...facts, units: facts.units.map(wellOff), connectors: { ...facts.connectors } };
    this.#installMs = installMinutes * MINUTE;
    this.#mostOut = facts.connectors.out;
    for (const { id, ring } of facts.units) this.#seen.set(id, { unit: id, ring });
  }

  get result(): Pick<Forecast, "holds" | "mostConnectorsOut" | "units"> {
    return { units: [...this.#seen.values()], mostConnectorsOut: this.#mostOut, holds: this.#holds };
  }

  step(now: number, minuteOfWeek: number): readonly CampaignStep[] {
    this.#facts = { ...this.#facts, now, minuteOfWeek, units: this.#facts.units.map((unit) => this.#goOn(unit, now)) };
    const steps = nextSteps(this.#facts);
    for (const step of steps) this.#apply(step, now);
    const out = this.#facts.units.filter(({ state }) => state === "installing" || state === "checking")
      .flatMap(({ parts }) => parts).reduce((sum, { connectors }) => sum + connectors, this.#facts.connectors.out);
    this.#mostOut = Math.max(this.#mostOut, out);
    return steps;
  }

  /** The next moment at which something can happen. */
  nextAt(now: number): number {
    const { units, plan, ring } = this.#facts;
    const due = units.flatMap(({ state, since, parts }) => {
      if (state === "installing") return [since + this.#installMs * parts.length];
      return state === "checking" ? [since + plan.healthyMinutes * MINUTE] : [];
    });
    const soak = units.some(isUnderWay) ? [] : units.filter((unit) => unit.state === "confirmed" && unit.ring <= ring)
      .map(({ since }) => since + (plan.rings[ring]?.soakMinutes ?? 0) * MINUTE).slice(-1);
    const later = [...due, ...soak].filter((at) => at > now);
    const quarter = STRIDE * MINUTE; // where hours begin and end, in every time zone
    return Math.min((Math.floor(now / quarter) + 1) * quarter, ...later);
  }

  /** A unit that installs has the version when its time is over. */
  #goOn(unit: CampaignUnit, now: number): CampaignUnit {
    if (unit.state === "downloading") return { ...unit, state: "downloaded", since: now };
    if (unit.state !== "installing" || now < unit.since + this.#installMs * unit.parts.length) return unit;
    return { ...unit, parts: unit.parts.map((part) => ({ ...part, version: this.#facts.plan.version })) };
  }

  #apply(step: CampaignStep, now: number): void {
    switch (step.step) {
      case "download":
        return this.#move(step.unit, "downloading", now, { attempts: 1 });
      case "install":
        this.#note(step.unit, { installsAt: now });
        return this.#move(step.unit, "installing", now);
      case "check":
        return this.#move(step.unit, "checking", now);
      case "end":
        this.#note(step.unit, { endsAt: now });
        return this.#move(step.unit, step.as, now);
      case "skip":
        this.#note(step.unit, { skipped: step.why });
        return this.#move(step.unit, "skipped", now);
      case "hold":
        this.#holds.push(step.ring);
        this.#facts = { ...this.#facts, released: true };
        return;
      case "next-ring":
        this.#facts = { ...this.#facts, ring: step.ring, released: false };
        return;
      case "pause":
      case "complete":
        return;
    }
  }

  #move(id: string, state: CampaignUnit["state"], since: number, changes: Partial<CampaignUnit> = {}): void {
    const units = this.#facts.units.map((unit) => unit.id === id ? { ...unit, ...changes, state, since } : unit);
    this.#facts = { ...this.#facts, units };
  }

  #note(id: string, changes: Partial<ForecastUnit>): void {
    this.#seen.set(id, { ...this.#seen.get(id)!, ...changes });
  }
}
