import type { ControlContext } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import type { PasswordRules } from "../core/people_api.ts";
import {
  describeRules,
  judgePassword,
  minLengthOf,
  PASSWORD_PRESETS,
  PRESET_RULES,
} from "../../policies/password_rules.ts";
import { REFUSED_WORDS } from "../../profiles/refused_words.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import type { AccountRecord } from "./records.ts";

/** What a new password is judged with. */
export type PasswordOwner = Pick<AccountRecord, "displayName" | "name" | "password"> & {
  readonly hasSecondFactor: boolean;
};

/** Passwords of people: judged by the site's preset, hashed and proven in the hasher's isolate. */
export class Passwords {
  readonly #context: Pick<ControlContext, "site" | "workers">;
  /** A hash that no password has: an unknown name takes as long as a known one. */
  #decoy: string | undefined;

  constructor(context: Pick<ControlContext, "site" | "workers">) {
    this.#context = context;
  }

  /** The rules in force for a person. */
  rules(hasSecondFactor: boolean): PasswordRules {
    const preset = PRESET_RULES[this.#context.site.people.passwordPolicy];
    const { maxLength } = preset;
    const minLength = minLengthOf(preset, hasSecondFactor);
    return { preset: preset.preset, minLength, maxLength, rules: describeRules(preset, hasSecondFactor) };
  }

  /** Judges and hashes a new password. @throws GatewayError PASSWORD_REFUSED with every rule that it breaks */
  async hashNew(password: string, owner: PasswordOwner): Promise<string> {
    const { site } = this.#context;
    const faults = judgePassword({
      password: password.slice(0, PEOPLE_LIMITS.textChars),
      preset: site.people.passwordPolicy,
      hasSecondFactor: owner.hasSecondFactor,
      ownWords: [owner.name, ...owner.displayName.split(/\s+/)],
      refusedWords: [
        ...REFUSED_WORDS,
        ...[site.site.id, ...(site.site.name ?? "").split(/[\s,]+/), ...site.people.refusedWords]
          .map((word) => word.toLowerCase()).filter((word) => word.length >= 4),
      ],
    });
    if (faults.length > 0) {
      const says = faults.map(({ says }) => says).join("; ");
      throw new GatewayError("PASSWORD_REFUSED", `This password cannot be used: ${says}`, {
        hint: `Rules "${site.people.passwordPolicy}": ${this.rules(owner.hasSecondFactor).rules.join(", ")}`,
      });
    }
    if (owner.password && await this.#verify(password, owner.password.hash)) {
      throw new GatewayError("PASSWORD_REFUSED", "This password cannot be used: it is the one you have", {
        hint: "Choose another one",
      });
    }
    return await this.hash(password);
  }

  /** Hashes without judging: temporary passwords, own recovery codes. */
  async hash(password: string): Promise<string> {
    return (await this.#context.workers.get("hasher").call("hasher.hash", { password }, HASHING)).hash;
  }

  /** Whether the password is that of the hash; without one it takes the same time and is false. */
  async proves(password: string, hash: string | undefined): Promise<boolean> {
    // what is too long for any preset is still checked at full cost, against nothing that it could match
    const isPossible = password !== "" && password.length <= PEOPLE_LIMITS.textChars;
    const proven = await this.#verify(password.slice(0, PEOPLE_LIMITS.textChars), hash ?? await this.#decoyHash());
    return proven && isPossible && hash !== undefined;
  }

  async #decoyHash(): Promise<string> {
    return this.#decoy ??= await this.hash("nobody has this password");
  }

  async #verify(password: string, hash: string): Promise<boolean> {
    return (await this.#context.workers.get("hasher").call("hasher.verify", { password, hash }, HASHING)).ok;
  }
}

/** As many checks as may wait in the hasher take this long at worst on the reference box. */
const HASHING = { deadlineMs: 20_000 } as const;

/** All presets side by side, for `user policy` and the console. */
export function presetTable(): readonly Record<string, string>[] {
  return PASSWORD_PRESETS.map((name) => {
    const rules = PRESET_RULES[name];
    return {
      preset: name,
      "length": `${rules.minLength} to ${rules.maxLength}`,
      "with a second factor": `${rules.minLengthWithSecondFactor} to ${rules.maxLength}`,
      "digit": rules.digit ? "yes" : "no",
      "upper case": rules.upper ? "yes" : "no",
      "lower case": rules.lower ? "yes" : "no",
      "special": rules.special === undefined ? "no" : rules.special === "any" ? "any" : [...rules.special].join(" "),
      "refused words": "yes",
      "source": rules.source,
    };
  });
}
