import type { StepStanding } from "../../policies/commissioning_types.ts";
import { type Cell, Paper, type PaperSigner } from "../papers/paper.ts";
import type { ProtocolView } from "./desk.ts";
import type { Protocol, ProtocolSignature } from "./protocol.ts";
import { PAPER_WORDS, type PaperLanguage } from "./protocol_words.ts";

const GROUPS = ["identity", "electrical", "ocpp", "network", "device"] as const;
const TONES = { done: "good", excepted: "warn", failed: "bad", open: "bad" } as const;

/** What a protocol's paper is made of. */
export interface ProtocolPaperParts {
  readonly view: ProtocolView;
  readonly site: { readonly id: string; readonly name?: string | undefined; readonly timeZone: string };
  readonly language: PaperLanguage;
  /** Wall milliseconds. */
  readonly now: number;
  readonly photo: (sha256: string) => Promise<Uint8Array>;
  readonly signer: PaperSigner;
  /** Random, hexadecimal: where the signature comes. */
  readonly nonce: string;
}

/** The protocol as JSON text: all that was entered, how it stands, who signed what. */
export function protocolRecord({ protocol, steps }: ProtocolView, site: { readonly id: string }): string {
  const { held: _held, ...rest } = protocol;
  return JSON.stringify({
    record: "commissioning",
    site: site.id,
    ...rest,
    startedAt: iso(protocol.startedAt),
    ...protocol.closedAt === undefined ? {} : { closedAt: iso(protocol.closedAt) },
    steps: steps.map(({ key, step: { title, source }, standing: { outcome, why } }) => ({
      ...{ key, title: title.en, ...source === undefined ? {} : { source }, outcome, why },
    })),
  });
}

/** The protocol as a signed PDF, with its photos and its record inside. @throws GatewayError PAPER_TOO_LONG */
export async function protocolPaper(parts: ProtocolPaperParts): Promise<Uint8Array<ArrayBuffer>> {
  const { view, site, language, now, signer, nonce } = parts, { protocol } = view, words = PAPER_WORDS[language];
  const name = site.name ?? site.id;
  const paper = await Paper.open({
    ...{ title: `${words.title} ${protocol.bay}`, site: name, language, now },
    foot: `${site.id} · ${words.number} ${protocol.id} · ${protocol.bay} · ${words.states[protocol.state]}`,
  });
  const time = timeIn(site.timeZone, language);
  if (protocol.state !== "closed") paper.paragraph(words.draft);
  paper.facts([
    [words.number, String(protocol.id)],
    [words.bay, protocol.bay],
    [words.stations, protocol.stations.join(", ")],
    [words.begun, `${time(protocol.startedAt)}, ${protocol.startedBy}`],
    [words.state, words.states[protocol.state]],
    ...protocol.closedAt === undefined
      ? []
      : [[words.closed, `${time(protocol.closedAt)}, ${protocol.closedBy}`] as const],
    [words.made, time(now)],
  ]);
  writeSteps(paper, parts, time);
  writeExceptions(paper, parts);
  await writePhotos(paper, parts);
  paper.heading(words.signatures, 150);
  writeSignature(paper, words.installer, protocol.installer, words, time);
  writeSignature(paper, words.operator, protocol.operator, words, time);
  const record = { name: `commissioning-${protocol.id}.json`, text: protocolRecord(view, site) };
  return await paper.finish(record, signer, nonce);
}

function writeSteps(paper: Paper, { view, language }: ProtocolPaperParts, time: (at: number) => string): void {
  const words = PAPER_WORDS[language], { entries } = view.protocol;
  const columns = [
    { head: words.step, share: 0.34 },
    { head: words.result, share: 0.14 },
    { head: words.found, share: 0.34 },
    { head: words.by, share: 0.18 },
  ];
  for (const group of GROUPS) {
    const own = view.steps.filter(({ step }) => step.group === group);
    if (own.length === 0) continue;
    paper.heading(words.group[group]);
    paper.table(
      columns,
      own.map(({ key, step, station, standing }): readonly Cell[] => {
        const entry = entries[key], source = step.source === undefined ? "" : ` (${step.source})`;
        const where = station !== undefined && view.protocol.stations.length > 1 ? `${station}: ` : "";
        return [
          `${where}${step.title[language]}${source}`,
          { text: words.outcome[standing.outcome], tone: TONES[standing.outcome] },
          standing.why,
          entry ? `${entry.by}, ${time(entry.at)}` : "-",
        ];
      }),
    );
  }
}

function writeExceptions(paper: Paper, { view, language }: ProtocolPaperParts): void {
  const words = PAPER_WORDS[language];
  const excepted = view.steps.filter(({ standing }) => standing.outcome === "excepted");
  paper.heading(words.exceptions);
  if (excepted.length === 0) return paper.paragraph(words.none);
  paper.paragraph(words.exceptionsLead);
  for (const { step, standing } of excepted) paper.paragraph(`${step.title[language]}: ${standing.why}`);
}

async function writePhotos(paper: Paper, { view, language, photo }: ProtocolPaperParts): Promise<void> {
  const taken = view.steps.flatMap(({ key, step }) => {
    const entry = view.protocol.entries[key];
    return entry?.kind === "photo" ? [{ title: step.title[language], ...entry }] : [];
  });
  if (taken.length === 0) return;
  paper.heading(PAPER_WORDS[language].photos, 300);
  for (const { title, sha256, by } of taken) {
    paper.picture(await photo(sha256), `${title}, ${by}, SHA-256 ${sha256.slice(0, 16)}`);
  }
}

function writeSignature(
  paper: Paper,
  title: string,
  signature: ProtocolSignature | undefined,
  words: { readonly over: string; readonly unsigned: string },
  time: (at: number) => string,
): void {
  if (!signature) return paper.facts([[title, words.unsigned]]);
  const { name, by, at, over, drawing } = signature;
  paper.facts([[title, `${name} (${by}), ${time(at)}, ${words.over} ${over.slice(0, 16)}`]]);
  if (drawing !== undefined) paper.drawing(drawing);
}

const iso = (at: number): string => new Date(at).toISOString();

/** Date and time where the site is. */
function timeIn(timeZone: string, language: PaperLanguage): (at: number) => string {
  const format = new Intl.DateTimeFormat(language === "de" ? "de-DE" : "en-GB", {
    timeZone,
    dateStyle: "medium",
    timeStyle: "short",
  });
  return (at) => format.format(at);
}

/** Name of a protocol's file. */
export const paperName = ({ id, bay }: Pick<Protocol, "bay" | "id">): string =>
  `commissioning-${id}-${bay.replace(/[^\w.-]/g, "_")}.pdf`;

/** Of all steps, how many let a bay be handed over. */
export function progressOf(
  standings: readonly Pick<StepStanding, "outcome">[],
): { readonly done: number; readonly of: number } {
  return {
    done: standings.filter(({ outcome }) => outcome === "done" || outcome === "excepted").length,
    of: standings.length,
  };
}
