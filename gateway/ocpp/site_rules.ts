import { hasFields, NO_FIELDS, readFields } from "../../policies/ocpp_fields.ts";
import type { FieldFacts, OcppRuleFacts, RuleVerdict } from "../../policies/ocpp_rule.ts";
import { RuleBook, type StationRules } from "../../policies/ocpp_rule_book.ts";
import type { MessageContext } from "../../policies/ocpp_conditions.ts";
import { plainAction } from "../../policies/plain_action.ts";
import { RateWindows } from "../../policies/rate_windows.ts";
import type { Clock } from "../core/clock.ts";
import type { OcppFrame, OcppVersion } from "./codec.ts";
import type { Side } from "./effects.ts";
import { createLocalWeek } from "../core/local_week.ts";
import type { MessageRecorder, RecordMessage } from "./message_recorder.ts";
import { plainPayload } from "./signed_payload.ts";
import type { OcppSiteRules } from "./worker_config.ts";

/** What the site's rules say of one station's messages. */
export interface SiteJudge {
  /** undefined: the site has no rules of its own. Counts the message where a rate asks for it. */
  judge(from: Side, frame: OcppFrame): RuleVerdict | undefined;
  /** The rules are only tried out. */
  readonly observes: boolean;
  /** Judges what `run` asks as from another CSMS than the station's own: a limited secondary. */
  speakingAs<Answer>(csms: string, run: () => Answer): Answer;
}

/** The rules for one station with one CSMS, looked up again when they have changed. */
interface Table {
  readonly resource: OcppRuleFacts["resource"];
  readonly record: RecordMessage;
  rules: StationRules | undefined;
  generation: number;
}

/**
 * The site's rules in one Worker. Compiled when they come; live sessions follow a change with their next message. What
 * rates have counted stays: neither a reconnect nor a reload gives a peer a new allowance.
 */
export class SiteRules {
  readonly #clock: Clock;
  readonly #recorder: MessageRecorder;
  readonly #windows = new RateWindows();
  #book: RuleBook | undefined;
  #observes = false;
  #minuteOfWeek: (wallMs: number) => number = createLocalWeek("UTC");
  /** Counts changes, so that a session knows when its table is old. */
  #generation = 0;

  constructor(clock: Clock, recorder: MessageRecorder, rules: OcppSiteRules | undefined) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.configure(rules);
  }

  /** Takes new rules: compiled first, then swapped. */
  configure(rules: OcppSiteRules | undefined): void {
    const book = rules && new RuleBook(rules.rules);
    const week = createLocalWeek(rules?.timeZone ?? "UTC");
    this.#book = book;
    this.#minuteOfWeek = week;
    this.#observes = rules?.mode === "observe";
    this.#generation++;
  }

  /** The judge of one session. */
  judgeOf(resource: OcppRuleFacts["resource"], version: OcppVersion): SiteJudge {
    let others: Map<string, Table> | undefined; // few stations have a second CSMS
    const tableOf = (csms: string): Table => {
      const of = { ...resource, csms };
      return { resource: of, record: this.#recorder.of(of, version), rules: undefined, generation: -1 };
    };
    let table = tableOf(resource.csms);
    const observes = () => this.#observes;
    return {
      get observes() {
        return observes();
      },
      judge: (from, frame) => {
        if (table.generation !== this.#generation) {
          table.rules = this.#book?.forStation(table.resource, version);
          table.generation = this.#generation;
        }
        return this.#judge(table, from, frame);
      },
      speakingAs: (csms, run) => {
        if (csms === table.resource.csms) return run();
        const own = table;
        others ??= new Map();
        table = others.get(csms) ?? tableOf(csms);
        others.set(csms, table);
        try {
          return run();
        } finally {
          table = own;
        }
      },
    };
  }

  #judge({ resource, rules, record }: Table, from: Side, frame: OcppFrame): RuleVerdict | undefined {
    const action = plainAction(frame.action);
    const own = rules?.of(from, action);
    const reads = hasFields(from, action);
    const fields = reads || own?.readsFields ? readFields(from, action, plainPayload(frame)) : NO_FIELDS;
    record(from, action, reads ? fields : undefined);
    return own && (own.always ?? own.decide(this.#contextOf(resource.station.id, fields)));
  }

  #contextOf(stationId: string, fields: FieldFacts): MessageContext {
    return {
      stationId,
      fields: () => fields,
      minuteOfWeek: () => this.#minuteOfWeek(this.#clock.now()),
      at: this.#clock.monotonic(),
      windows: this.#windows,
    };
  }
}
