import { DeskBase } from "./desk_base.ts";
import { awaitsPerson } from "./facts.ts";
import { askVersion, provableBy } from "./guided.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import { askPerson } from "./other_ways.ts";
import { invalid } from "./plan_input.ts";
import type { PartProof, PartRecord, UnitRecord } from "./record.ts";
import { noted, withPart } from "./unit_desk.ts";

/** What persons do with parts to which they bring the image themselves. */
export class GuidedDesk extends DeskBase {
  /** A person takes a part on, or another one gives it to them. @throws GatewayError FIRMWARE_CAMPAIGN_INVALID */
  async take(id: string, station: string, person: string, who: string): Promise<UnitRecord> {
    if (!/^[\w.@+-]{1,64}$/.test(person)) {
      throw invalid(`"${person.slice(0, 64)}" is no name of a person`, "See `user list`");
    }
    return await this.engine.exclusive(async () => {
      const record = this.of(id), { unit, part } = this.#asked(id, station);
      const detail = { campaign: id, person };
      await this.parts.context.audit.record({
        ...{ event: "firmware.campaign.part-taken", class: "operation", who, target: station, outcome: "ok", detail },
      });
      const by = who === person ? `${person} takes it on` : `${who} gives it to ${person}`;
      const next = noted(withPart(unit, station, (one) => ({ ...one, person })), this.now, `${station}: ${by}`);
      await this.parts.book.putUnit(next);
      if (part.way === "guided") await askPerson(this.parts, record, station);
      return next;
    });
  }

  /**
   * A person says that a part has the version. Where the part can prove it, by its next BootNotification or by the driver of
   * its page, that is waited for; else the word is all there is, and it is marked as one.
   * @throws GatewayError FIRMWARE_CAMPAIGN_INVALID
   */
  async done(
    id: string,
    station: string,
    version: string | undefined,
    who: string,
  ): Promise<{ readonly unit: UnitRecord; readonly proof: PartProof }> {
    const said = await this.engine.exclusive(async () => {
      const { plan } = this.of(id), { unit } = this.#asked(id, station), proof = provableBy(this.parts, station);
      if (version !== undefined && version !== plan.version) {
        throw invalid(
          `${station} has version ${version}, the campaign brings ${plan.version}`,
          "Bring the image of the campaign to it, or abort the campaign",
        );
      }
      const detail = { campaign: id, version: plan.version, proof }, { audit, alarms } = this.parts.context;
      await audit.record({
        ...{ event: "firmware.campaign.part-done", class: "operation", who, target: station, outcome: "ok", detail },
      });
      if (proof === "word") {
        await this.parts.facts.learn(station, { firmwareVersion: plan.version, versionBy: `person:${who}` });
      }
      await alarms.clear("firmware.campaign.part-waits", station);
      const next = withPart(unit, station, (part) => withWord(part, who, this.now));
      const how = proof === "word" ? "nobody else can" : PROVING[proof];
      const text = `${station}: ${who} says that it has version ${plan.version}; ${how}`;
      await this.parts.book.putUnit(noted(next, this.now, text));
      return { unit: next, proof };
    });
    // Outside of the gate: a controller may take half a minute to answer.
    void askVersion(this.parts, station, `campaign:${id}`).finally(() => this.engine.wake());
    this.engine.wake();
    return said;
  }

  /** A part that waits for a person. */
  #asked(id: string, station: string): { readonly unit: UnitRecord; readonly part: PartRecord } {
    this.of(id);
    const unit = this.parts.book.units(id).find(({ parts }) => parts.some((part) => part.station === station));
    const part = unit?.parts.find((one) => one.station === station);
    if (!unit || !part) {
      const named = station.slice(0, CAMPAIGN_LIMITS.nameChars);
      throw invalid(`"${named}" is no part of campaign ${id}`, "See `firmware campaign report`");
    }
    if (unit.state === "installing" && awaitsPerson(part)) return { unit, part };
    throw invalid(
      `Nobody was asked to update ${station} by hand now`,
      `Its unit ${unit.id} is ${unit.state}; see \`firmware campaign report ${id}\``,
    );
  }
}

const PROVING: Readonly<Record<Exclude<PartProof, "word">, string>> = {
  read: "its page is read for it",
  reported: "its next BootNotification is waited for",
};

/** The time in which its version must be seen begins with the word. */
function withWord(part: PartRecord, who: string, at: number): PartRecord {
  const { task } = part;
  return { ...part, word: { who, at }, toldAt: at, ...task ? { task: { ...task, heardAt: at } } : {} };
}
