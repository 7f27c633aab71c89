import { describeError } from "../core/errors.ts";
import { clearPart } from "./clear_station.ts";
import { DECOMMISSION_LIMITS } from "./limits.ts";
import type { LeavingStation } from "../store/station_eraser.ts";
import type { DecommissionParts } from "./parts.ts";
import { CLEAR_PARTS, type DecommissionRecord } from "./record.ts";

/** What a turn of a step came to: it ended, or it waits for something. */
export type Turn =
  | { readonly ended: string; readonly changed?: Partial<DecommissionRecord> }
  | { readonly waits: string; readonly changed?: Partial<DecommissionRecord> };

/** Stores a change of the record before the act that it announces. */
export type Keep = (change: Partial<DecommissionRecord>) => Promise<DecommissionRecord>;

/** Nothing charges any more and its CSMS has every message (idea 5): until then nothing of it is touched. */
export async function drain(parts: DecommissionParts, record: DecommissionRecord, keep: Keep): Promise<Turn> {
  const { station, isInoperative } = record;
  if (!isInoperative && parts.protocolOf(station) !== undefined) await takeOut(parts, record, keep);
  const busy = parts.whyBusy(station);
  if (busy !== undefined) return { waits: busy };
  const messages = await parts.waiting(station);
  if (messages > 0) return { waits: `${messages} of its messages have not been taken by its CSMS: \`outage list\`` };
  return { ended: "nothing charges, and its CSMS has all its messages" };
}

/** No further car begins; a station that refuses is only waited for. */
async function takeOut(parts: DecommissionParts, { station }: DecommissionRecord, keep: Keep): Promise<void> {
  const is16 = parts.protocolOf(station) === "ocpp1.6";
  const payload = is16 ? { connectorId: 0, type: "Inoperative" } : { operationalStatus: "Inoperative" };
  await keep({ isInoperative: true });
  const answer = await parts.call(station, "ChangeAvailability", payload, DECOMMISSION_LIMITS.callMs);
  if ("noAnswer" in answer && answer.noAnswer === "away") await keep({ isInoperative: false });
}

/** What OCPP can clear at the station; each part is stored before it is asked for, and asked again when nobody answered. */
export async function clear(parts: DecommissionParts, record: DecommissionRecord, keep: Keep): Promise<Turn> {
  const { station } = record, protocol = parts.protocolOf(station);
  if (protocol === undefined) return { waits: "it is not connected: nothing can be cleared at it by OCPP" };
  let now = record;
  for (const part of CLEAR_PARTS) {
    const known = now.cleared.find((each) => each.part === part);
    if (known && known.state !== "begun") continue;
    const put = async (state: DecommissionRecord["cleared"][number]["state"], answer: string) => {
      const others = now.cleared.filter((each) => each.part !== part);
      now = await keep({ cleared: [...others, { part, state, answer, at: parts.context.clock.now() }] });
    };
    await put("begun", "");
    const outcome = await clearPart(
      part,
      protocol,
      (action, payload) => parts.call(station, action, payload, DECOMMISSION_LIMITS.callMs),
    );
    if (outcome === "away") return { waits: "it went away while it was cleared" };
    if (outcome === "unanswered") {
      return { waits: `it did not answer when its ${part} was to be cleared; it is asked again` };
    }
    await put(outcome.state, outcome.answer);
  }
  return { ended: now.cleared.map(({ part, state }) => `${part} ${state}`).join(", ") };
}

/** site.yaml is a person's: it must name the station no more, and its password files must be gone. */
export async function configuration(parts: DecommissionParts, record: DecommissionRecord): Promise<Turn> {
  const { station, files } = record;
  if (parts.context.site.stations.some(({ id }) => id === station)) {
    return { waits: `site.yaml names it: take it out there, then \`reload\`` };
  }
  const named = JSON.stringify(parts.context.site);
  const own = files.filter((file) => !named.includes(JSON.stringify(file))); // one that others share stays
  const there = own.length === 0 ? [] : await parts.filesThere(own);
  if (there === undefined) return { ended: `files of it to be deleted by hand: ${own.join(", ")}` };
  if (there.length > 0) return { waits: `these files of it are still there: ${there.join(", ")}. Delete them` };
  return {
    ended: own.length === 0 ? "site.yaml names it no more" : `site.yaml names it no more, ${own.length} files are gone`,
  };
}

/**
 * Ends all that lives of it, then has control start anew: its start erases what is stored (erase_at_start.ts). Each act is
 * safe to be done again, so a crash in between costs nothing.
 */
export async function erase(parts: DecommissionParts, record: DecommissionRecord, keep: Keep): Promise<Turn> {
  const { station, phase, search } = record, who = record.by;
  if (phase === "erased" && search) {
    if (search.left.length + search.found === 0) return { ended: "nothing of it was found by a search of the disk" };
    const left = search.left.map(({ name }) => name).join(", ") || `${search.found} pieces of deleted values`;
    await keep({ phase: "erasing" });
    parts.renew("what is left of a decommissioned station is erased");
    return { waits: `there is still something of it: ${left}; it is erased again` };
  }
  if (phase === "erasing") {
    parts.renew("a decommissioned station is erased");
    return { waits: "control starts anew to erase it" };
  }
  const { audit, clock, log } = parts.context;
  // Before anything goes: a restore from an older backup learns of it from a copy of the audit chain, too.
  const event = {
    event: "station.entry.decommissioned",
    class: "security",
    who,
    target: station,
    outcome: "ok",
  } as const;
  await audit.record({ ...event, detail: { number: `dec-${record.number}`, reason: record.reason } });
  const sessions = await parts.endSessions(station, who);
  const certificates = await parts.revokeCertificates(station, who);
  const credential = await parts.revokePassword(station, clock.now());
  const { values, cards, changed } = await parts.eraseSecrets(station, who);
  await parts.markErased(station, clock.now());
  await parts.closeConnection(station).catch((error) =>
    log.warn("decommission.connection.unclosed", { station, msg: describeError(error) })
  );
  const months = await parts.destroyPseudonyms(station, who);
  await keep({
    known: withUnit(parts, record),
    live: { certificates, credential, secrets: values, cards, changed, sessions, months },
    phase: "erasing",
  });
  parts.renew("a decommissioned station is erased");
  return { waits: "control starts anew to erase it" };
}

/** With its unit when no part of it stays: parts that leave together are both the last one. */
function withUnit({ stations }: DecommissionParts, { station, known, unit }: DecommissionRecord): LeavingStation {
  if (unit === undefined) return known;
  const { unit: _asItBegan, ...rest } = known;
  const isShared = stations().some((other) => other.id !== station && other.unit === unit);
  return isShared ? rest : { ...rest, unit };
}
