import { describeError } from "../core/errors.ts";
import { type Attack, ATTACKS, type AttackTarget } from "./attacks.ts";
import { DEMO_LIMITS } from "./limits.ts";
import type { AttackLine } from "./live_table.ts";

/** What the attack plan needs. */
export interface AttackPlanOptions {
  readonly target: AttackTarget;
  /** The id of the rule that refused the last attempt from this address, from the gateway's audit. */
  readonly ruleOf: (from: string | undefined) => Promise<string | undefined>;
  readonly attacks?: readonly Attack[];
}

/** Runs one attack after the other, round and round, and keeps the score. */
export class AttackPlan {
  readonly #attacks: readonly Attack[];
  readonly #lines: AttackLine[] = [];
  readonly #missed: AttackLine[] = [];
  #started = 0;
  #refused = 0;
  #missedCount = 0;

  constructor(private readonly options: AttackPlanOptions) {
    // Without an address of its own, guessing would use up the allowance of the real stations.
    const alone = options.target.sourceOf !== undefined;
    this.#attacks = (options.attacks ?? ATTACKS).filter(({ name }) => alone || name !== "password-guessing");
  }

  /** How many different attacks there are. */
  get kinds(): number {
    return this.#attacks.length;
  }

  /** Attacks that are over. */
  get count(): number {
    return this.#refused + this.#missedCount;
  }

  get refused(): number {
    return this.#refused;
  }

  /** The last attacks, newest last. */
  get lines(): readonly AttackLine[] {
    return this.#lines;
  }

  /** Attacks that were not refused. */
  get missed(): readonly AttackLine[] {
    return this.#missed;
  }

  /** Runs the next attack. */
  async next(): Promise<AttackLine> {
    const number = this.#started++;
    const attack = this.#attacks[number % this.#attacks.length]!;
    const from = this.options.target.sourceOf?.(number);
    const line = await this.#run(attack, from);
    if (line.refused) this.#refused++;
    else this.#miss(line);
    if (this.#lines.length >= DEMO_LIMITS.attackLines) this.#lines.shift();
    this.#lines.push(line);
    return line;
  }

  #miss(line: AttackLine): void {
    this.#missedCount++;
    if (this.#missed.length < DEMO_LIMITS.faults) this.#missed.push(line);
  }

  async #run({ title, run }: Attack, from: string | undefined): Promise<AttackLine> {
    try {
      const result = await run(this.options.target, from);
      const rule = await this.#ruleOf(from);
      return { title, ...result, ...(rule === undefined ? {} : { rule }) };
    } catch (error) {
      return { title, refused: false, seen: describeError(error) };
    }
  }

  /** What the audit says is shown, not judged: the attacker's own eyes decide whether an attack was refused. */
  async #ruleOf(from: string | undefined): Promise<string | undefined> {
    try {
      return await this.options.ruleOf(from);
    } catch (error) {
      return `unknown (${describeError(error)})`;
    }
  }
}
