import type {
  KnownIdentity,
  LabelEntry,
  ProtocolAct,
  ProtocolFacts,
  ProtocolState,
  ProtocolStep,
  StepEntry,
  StepException,
  StepStanding,
  TemplateStep,
} from "./commissioning_types.ts";
import { allow, type Decision, deny } from "./decision.ts";

/** A station as far as steps go. */
export interface BayStation {
  readonly id: string;
  readonly hasNetwork: boolean;
  readonly hasOcpp: boolean;
  readonly hasUi: boolean;
}

/** The steps of a bay: those of the bay itself, then those of each station that has what they need. */
export function stepsOf(template: readonly TemplateStep[], stations: readonly BayStation[]): readonly ProtocolStep[] {
  const ofBay = template.filter(({ per }) => per === "bay").map((step) => ({ key: step.id, step }));
  const ofStations = stations.flatMap((station) =>
    template.filter((step) => step.per === "station" && hasWhatItNeeds(step, station))
      .map((step) => ({ key: `${step.id} ${station.id}`, step, station: station.id }))
  );
  return [...ofBay, ...ofStations];
}

function hasWhatItNeeds({ needs }: TemplateStep, { hasNetwork, hasOcpp, hasUi }: BayStation): boolean {
  switch (needs) {
    case undefined:
      return true;
    case "network":
      return hasNetwork;
    case "ocpp":
      return hasOcpp;
    case "ui":
      return hasUi;
  }
}

/** How one step stands by what was entered for it. */
export function judgeStep(
  { key, step }: ProtocolStep,
  entry: StepEntry | undefined,
  exception: StepException | undefined,
  known: KnownIdentity,
): StepStanding {
  const { outcome, why } = judgeEntry(step, entry, known);
  if (outcome === "done" || !exception || !step.mayExcept) return { key, outcome, why };
  return { key, outcome: "excepted", why: `${exception.by} answers for it: ${exception.reason} (${why})` };
}

type Judged = Pick<StepStanding, "outcome" | "why">;

function judgeEntry(step: TemplateStep, entry: StepEntry | undefined, known: KnownIdentity): Judged {
  if (!entry || entry.kind !== step.kind) {
    const why = step.kind === "auto" ? "the gateway has not looked yet" : "nobody has entered it yet";
    return { outcome: "open", why };
  }
  switch (entry.kind) {
    case "auto":
      return {
        outcome: { met: "done", failed: "failed", unknown: "open" }[entry.outcome] as Judged["outcome"],
        why: entry.why,
      };
    case "confirm":
      return { outcome: entry.isSo ? "done" : "failed", why: entry.note ?? (entry.isSo ? "it is so" : "it is not so") };
    case "label":
      return judgeLabel(entry, known);
    case "measure":
      return judgeMeasure(step, entry.value);
    case "photo":
      return { outcome: "done", why: `photo ${entry.sha256.slice(0, 12)}` };
  }
}

function judgeMeasure({ unit = "", atLeast, atMost }: TemplateStep, value: number): Judged {
  const said = `${value} ${unit}`.trim();
  if (atLeast !== undefined && value < atLeast) {
    return { outcome: "failed", why: `${said}, wanted at least ${atLeast} ${unit}` };
  }
  if (atMost !== undefined && value > atMost) {
    return { outcome: "failed", why: `${said}, wanted at most ${atMost} ${unit}` };
  }
  return { outcome: "done", why: said };
}

/**
 * Holds a label beside what is known: at least one number must be known and the same, and none may differ. A model counts
 * as the same when one is part of the other: makers print more than they report.
 */
function judgeLabel({ serial, mac, model }: LabelEntry, known: KnownIdentity): Judged {
  const compared = [
    ...compare("serial number", serial, known.serials, sameText),
    ...compare("MAC address", mac, known.macs, sameMac),
    ...compare("model", model, known.models, isPartOf),
  ];
  const wrong = compared.find(({ isSame }) => !isSame);
  if (wrong) return { outcome: "failed", why: wrong.why };
  const proven = compared.filter(({ what }) => what !== "model").map(({ why }) => why);
  if (proven.length > 0) return { outcome: "done", why: proven.join(", ") };
  return { outcome: "open", why: "neither its serial number nor its MAC address could be compared with what is known" };
}

function compare(
  what: string,
  typed: string | undefined,
  known: readonly string[],
  isSameAs: (a: string, b: string) => boolean,
): { what: string; isSame: boolean; why: string }[] {
  if (typed === undefined || known.length === 0) return [];
  const isSame = known.some((one) => isSameAs(typed, one));
  return [{
    what,
    isSame,
    why: isSame ? `${what} ${typed}` : `its ${what} is ${typed}, known is ${known.join(" or ")}`,
  }];
}

const plain = (text: string): string => text.toLowerCase().replace(/[\s._:-]/g, "");
const sameText = (a: string, b: string): boolean => plain(a) === plain(b);
const sameMac = (a: string, b: string): boolean => plain(a) === plain(b) && plain(a).length === 12;
const isPartOf = (a: string, b: string): boolean => plain(a).includes(plain(b)) || plain(b).includes(plain(a));

/** Where a protocol is by its steps, while nobody has signed it. */
export function stateBySteps(standings: readonly StepStanding[], hasEntries: boolean): ProtocolState {
  if (openOf(standings).length === 0) return "ready";
  return hasEntries ? "in-progress" : "draft";
}

/** Steps that keep a bay from being handed over. */
export function openOf(standings: readonly StepStanding[]): readonly StepStanding[] {
  return standings.filter(({ outcome }) => outcome === "open" || outcome === "failed");
}

const SIGNED: readonly ProtocolState[] = ["signed", "counter-signed"];

/** Whether somebody may do this with a protocol now. A refusal names the rule, or the line of the maker's guide. */
export function decideProtocolAct(act: ProtocolAct, facts: ProtocolFacts): Decision {
  const { state } = facts;
  if (state === "closed") {
    return deny(
      "commissioning.closed",
      "The protocol is closed: what was signed stays as it is",
      "Start another one for the bay",
    );
  }
  switch (act) {
    case "enter":
    case "drop":
      return SIGNED.includes(state)
        ? deny("commissioning.signed", "The protocol is signed", "Reopen it, which takes the signatures back")
        : allow("commissioning.open");
    case "reopen":
      return SIGNED.includes(state)
        ? allow("commissioning.signed")
        : deny("commissioning.not-signed", "Nobody has signed the protocol, so there is nothing to take back");
    case "sign":
      if (SIGNED.includes(state)) return deny("commissioning.signed", "The protocol is signed already");
      return handedOver(facts) ?? proven(facts) ?? allow("commissioning.ready");
    case "counter-sign":
      return counterSign(facts);
    case "close":
      if (state !== "counter-signed") {
        return deny(
          "commissioning.not-signed",
          "Installer and operator have to sign first",
          "See who is missing in `commissioning show`",
        );
      }
      return handedOver(facts) ?? allow("commissioning.counter-signed");
  }
}

function counterSign(facts: ProtocolFacts): Decision {
  if (facts.state === "counter-signed") return deny("commissioning.signed", "The operator has signed already");
  if (facts.state !== "signed") return deny("commissioning.not-signed", "The installer signs first");
  if (facts.person === facts.installer) {
    return deny(
      "commissioning.own-signature",
      "Who signed for the installer cannot sign for the operator",
      "Ask another person",
    );
  }
  return handedOver(facts) ?? proven(facts) ?? allow("commissioning.signed");
}

/** What keeps the bay from being handed over: the maker's lines first, whatever the steps say. */
function handedOver({ faults, open }: ProtocolFacts): Decision | undefined {
  const [fault] = faults;
  if (fault) return deny(fault.rule, fault.why, fault.hint);
  if (open.length === 0) return undefined;
  const named = open.slice(0, 5).map(({ key, why }) => `${key}: ${why}`).join("; ");
  const more = open.length > 5 ? `; and ${open.length - 5} more` : "";
  return deny(
    "commissioning.not-ready",
    `${open.length} steps are not done: ${named}${more}`,
    "See `commissioning show`",
  );
}

function proven({ isProven }: ProtocolFacts): Decision | undefined {
  if (isProven) return undefined;
  return deny("commissioning.proof", "A signature needs a second factor", "Prove your second factor once more");
}
